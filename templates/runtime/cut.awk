# Prints the part of a text that an agent is given of it, whole lines where there are any; nothing if the
# text fits.
#
#   LC_ALL=C awk -v keep=head|tail -v max=BYTES -f cut.awk FILE

{ line[NR] = $0; size += length($0) + 1 }

END {
  if (size <= max) exit
  if (keep == "head") head(); else tail()
}

function head(    i, left) {
  left = max
  for (i = 1; i <= NR && length(line[i]) + 1 <= left; i++) {
    print line[i]
    left -= length(line[i]) + 1
  }
  if (i == 1) print whole_start(substr(line[1], 1, max - 1))
}

function tail(    i, left) {
  left = max
  for (i = NR; i >= 1 && length(line[i]) + 1 <= left; i--) left -= length(line[i]) + 1
  if (i == NR) print whole_end(substr(line[NR], length(line[NR]) - max + 2))
  for (i++; i <= NR; i++) print line[i]
}

# No cut within a character of UTF-8.
function whole_start(s) {
  sub(/[\300-\377][\200-\277]*$/, "", s)
  return s
}

function whole_end(s) {
  sub(/^[\200-\277]+/, "", s)
  return s
}
