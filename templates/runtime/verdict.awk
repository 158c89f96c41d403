# The verdict of a judge: PASS or FAIL at the beginning of a line, after any marks of Markdown, and a reason.
#
#   LC_ALL=C awk -f verdict.awk FILE     prints it, on one line; nothing if it says neither, or both

@include "text.awk"

{
  line_of_judge = uncoloured(substr($0, 1, 4000))
  if (line_of_judge !~ /^[^0-9A-Za-z\200-\377]*(PASS|FAIL)([^0-9A-Za-z_]|$)/) {
    if (judged_as != "" && why_so == "" && !blank(line_of_judge)) why_so = line_of_judge
    next
  }
  match(line_of_judge, /PASS|FAIL/)
  if (judged_as != "" && judged_as != substr(line_of_judge, RSTART, 4)) contradicts = 1
  if (judged_as == "") why_so = substr(line_of_judge, RSTART + 4)
  judged_as = substr(line_of_judge, RSTART, 4)
  sub(/^[^0-9A-Za-z\200-\377("`']+/, "", why_so)
}

END {
  if (judged_as != "" && !contradicts) print clip(judged_as " " why_so, 600)
}
