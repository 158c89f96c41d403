# Prints standard input, a text without its last newline: as one JSON string, or as a line that a terminal shows; or, if
# it is a JSON array, the texts in it, a line each.
#
#   LC_ALL=C awk -v program=quote|plain|texts -f lib.awk

program == "quote" { all = NR == 1 ? $0 : all "\n" $0 }
END { if (program == "quote") print json_quote(utf8(all)) }

program == "plain" { printf "%s%s", (NR == 1 ? "" : " "), printable($0) }
END { if (program == "plain") print "" }

program == "texts" { all = NR == 1 ? $0 : all "\n" $0 }
END { if (program == "texts" && json_scan(all, member_of, kind_of) == "array") print_texts() }

function print_texts(    i) {
  for (i = 1; i in member_of; i++) if (kind_of[i] == "string") print json_text(member_of[i])
}
