# Is the text of a file one value of JSON?  Exit status 0 if it is.
#
#   LC_ALL=C awk -v program=valid -f lib.awk FILE

program == "valid" { all = NR == 1 ? $0 : all "\n" $0 }

# Within an array any value is the first member, and there may be no second.
END { if (program == "valid") exit !is_one_value(all) }

function is_one_value(s,    value, kind) {
  return json_scan("[" s "]", value, kind) == "array" && (1 in value) && !(2 in value)
}
