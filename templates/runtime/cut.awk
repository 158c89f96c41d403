# Prints the part of a text that an agent gets, in whole lines if possible; nothing if the text fits.
#
#   LC_ALL=C awk -v program=cut -v keep=head|tail -v max=BYTES -f lib.awk FILE

program == "cut" { whole[NR] = $0; size += length($0) + 1 }

END {
  if (program == "cut" && size > max) {
    if (keep == "head") cut_head(); else cut_tail()
  }
}

function cut_head(    i, left) {
  left = max
  for (i = 1; i <= NR && length(whole[i]) + 1 <= left; i++) {
    print whole[i]
    left -= length(whole[i]) + 1
  }
  if (i == 1) print whole_start(substr(whole[1], 1, max - 1))
}

function cut_tail(    i, left) {
  left = max
  for (i = NR; i >= 1 && length(whole[i]) + 1 <= left; i--) left -= length(whole[i]) + 1
  if (i == NR) print whole_end(substr(whole[NR], length(whole[NR]) - max + 2))
  for (i++; i <= NR; i++) print whole[i]
}

# No cut within a character of UTF-8.
function whole_start(s) {
  sub(/[\300-\377][\200-\277]*$/, "", s)
  return s
}

function whole_end(s) {
  sub(/^[\200-\277]+/, "", s)
  return s
}
