# Prints the paths that a files.json names, a line each: a list of texts, or of objects with a "path".
#
#   LC_ALL=C awk -f json.awk -f files.awk FILE

{ text = NR == 1 ? $0 : text "\n" $0 }

END {
  if (json_scan(text, item, kind) != "array") exit 1
  for (i = 1; i in item; i++) {
    path = ""
    if (kind[i] == "string") path = json_text(item[i])
    else if (kind[i] == "object") {
      json_scan(item[i], member, kinds)
      if (kinds["path"] == "string") path = json_text(member["path"])
    }
    if (path == "" || path ~ /[\001-\037\177]/) exit 1
    print path
  }
}
