# Does a value in a JSON text meet a condition?  Exit status 0 if it does; prints the finding.
#
#   LC_ALL=C awk -v program=condition -f lib.awk PATH HOW VALUE FILE
#
#   PATH   keys and indices with dots between them; a single dot is all of it
#   HOW    exists, equals, above or below; VALUE is JSON

BEGIN {
  if (program == "condition") {
    steps = ARGV[1]
    how = ARGV[2]
    wanted_value = ARGV[3]
    delete ARGV[1]
    delete ARGV[2]
    delete ARGV[3]
    json_start(member_of, kind_of)
    json_feed("[", member_of, kind_of)
  }
}

program == "condition" && json_feed($0, member_of, kind_of) != "more" { broken = 1; exit }

END { if (program == "condition") exit !is_as_wanted() }

# Within an array any value is the first member, and there may be no second.
function is_as_wanted(    step, n, i, key, value, kind, here, sort) {
  if (broken || json_feed("]", member_of, kind_of) != "done" || !(1 in member_of) || (2 in member_of)) {
    print "the answer is not JSON"
    return 0
  }
  here = member_of[1]
  sort = kind_of[1]
  n = steps == "." ? 0 : split(steps, step, ".")
  for (i = 1; i <= n; i++) {
    key = step[i]
    if (sort == "array") key = key ~ /^[0-9]+$/ ? key + 1 : ""
    if (sort !~ /^(object|array)$/ || json_scan(here, value, kind) == "" || !(key in value)) {
      print "there is no " steps
      return 0
    }
    here = value[key]
    sort = kind[key]
  }
  return compares(here, sort)
}

function compares(here, sort,    value, kind, ok) {
  if (how == "exists") { print "there is " steps; return 1 }
  json_scan("[" wanted_value "]", value, kind)
  if (sort != kind[1]) ok = 0
  else if (how == "above") ok = here + 0 > value[1] + 0
  else if (how == "below") ok = here + 0 < value[1] + 0
  else if (sort == "number") ok = here + 0 == value[1] + 0
  else if (sort == "string") ok = json_text(here) "" == json_text(value[1]) ""
  else ok = here "" == value[1] ""
  if (sort == "string") here = "\"" here "\""
  if (length(here) > 80) here = substr(here, 1, 77) "..."
  print printable(steps " is " here (how == "equals" && ok ? "" : (ok ? ", " : ", not ") (how == "equals" ? "" : how " ") wanted_value))
  return ok
}
