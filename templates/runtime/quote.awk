# Prints standard input, a text without its last newline, as one JSON string.
#
#   LC_ALL=C awk -v program=quote -f lib.awk

program == "quote" { all = NR == 1 ? $0 : all "\n" $0 }
END { if (program == "quote") print json_quote(all) }
