# Is the text of a file one value of JSON?  Exit status 0 if it is.
#
#   LC_ALL=C awk -f json.awk -f valid.awk FILE

{ text = NR == 1 ? $0 : text "\n" $0 }

# Within an array any value is the first member, and there may be no second.
END { exit !(json_scan("[" text "]", value, kind) == "array" && (1 in value) && !(2 in value)) }
