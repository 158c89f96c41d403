# Does a text have anything visible? Exit status 0 if there is. The text comes in lines of a
# bounded length, which may be cut within a character.
#
#   tr -d '\000' <FILE | LC_ALL=C fold -b -w 4096 | LC_ALL=C awk -v program=unseen -f lib.awk

program == "unseen" {
  piece = rest $0
  rest = ""
  if (match(piece, /[\300-\377][\200-\277]*$/) && RLENGTH < 4) {
    rest = substr(piece, RSTART)
    piece = substr(piece, 1, RSTART - 1)
  }
  if (!blank(piece)) {
    something_seen = 1
    exit
  }
}
END { if (program == "unseen") exit !(something_seen || !blank(rest)) }
