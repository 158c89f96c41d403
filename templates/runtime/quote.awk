# Prints standard input, a text without its last newline: as one JSON string, or as a line that a terminal shows.
#
#   LC_ALL=C awk -v program=quote|plain -f lib.awk

program == "quote" { all = NR == 1 ? $0 : all "\n" $0 }
END { if (program == "quote") print json_quote(all) }

program == "plain" { printf "%s%s", (NR == 1 ? "" : " "), printable($0) }
END { if (program == "plain") print "" }
