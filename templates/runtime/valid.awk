# Is the text of a file one value of JSON?  Exit status 0 if it is.
#
#   LC_ALL=C awk -v program=valid -f lib.awk FILE

# Within an array any value is the first member, and there may be no second.
BEGIN {
  if (program == "valid") {
    json_start(member_of, kind_of)
    json_feed("[", member_of, kind_of)
  }
}
program == "valid" && json_feed($0, member_of, kind_of) != "more" { broken = 1; exit }
END {
  if (program == "valid")
    exit broken || json_feed("]", member_of, kind_of) != "done" || !(1 in member_of) || (2 in member_of)
}
