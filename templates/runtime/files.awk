# Prints the paths that a files.json names, a line each: a list of texts, or of objects with a "path".
#
#   LC_ALL=C awk -v program=files -f lib.awk FILE

program == "files" { all = NR == 1 ? $0 : all "\n" $0 }

END { if (program == "files" && !print_paths(all)) exit 1 }

function print_paths(s,    item, kind, member, kinds, i, path) {
  if (json_scan(s, item, kind) != "array") return 0
  for (i = 1; i in item; i++) {
    path = ""
    if (kind[i] == "string") path = json_text(item[i])
    else if (kind[i] == "object") {
      json_scan(item[i], member, kinds)
      if (kinds["path"] == "string") path = json_text(member["path"])
    }
    if (path == "" || path ~ /[\001-\037\177]/) return 0
    print path
  }
  return 1
}
