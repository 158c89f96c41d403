# Prints standard input, a text without its last newline, as one JSON string.
#
#   awk -f json.awk -f quote.awk

{ text = NR == 1 ? $0 : text "\n" $0 }
END { print json_quote(text) }
