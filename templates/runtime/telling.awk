# The reason of a CLI's failure: the line that a person would read first.
#
#   { LOG; a line of \036; PRINTED; } | LC_ALL=C awk -v program=telling -f lib.awk
#
# LOG is standard error and PRINTED standard output, of each the last kilobytes. The last line that begins like an
# error counts: in LOG, or at the end of PRINTED, where some CLIs report theirs. Of a stack trace that is the
# line which names the exception, not its frames. Without one, it is the last line of LOG, or of PRINTED.

program == "telling" && $0 == "\036" { printing = 1; next }
program == "telling" && !blank($0) { hear($0) }
END { if (program == "telling") print clip(telling(), 200) }

function hear(line,    framed) {
  framed = line ~ /^(  |\t)/
  if (traced && !framed) {
    # python names the exception in the first line that is not indented.
    traced = 0
    complaint_of[printing + 0] = line
    age = 0
  } else if (line ~ /^Traceback \(most recent call last\)/) {
    traced = 1
  } else if (!framed && complains(line)) {
    complaint_of[printing + 0] = line
    age = 0
  }
  if (printing) age++
  last_of[printing + 0] = line
}

function telling() {
  if (complaint_of[0] != "") return complaint_of[0]
  if (complaint_of[1] != "" && age <= 5) return complaint_of[1]
  return last_of[0] != "" ? last_of[0] : last_of[1]
}
