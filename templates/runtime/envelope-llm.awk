# What `llm prompt --usage` prints is the answer itself; standard error has the tokens in a line like
# "Token usage: 1,000 input, 20 output".

@include "envelope.awk"

BEGIN {
  read_log()
  for (at = 1; at <= error_lines; at++) if (errors[at] ~ /^Token usage: /) usage = errors[at]
}

function see_event(text) {
}

function judge() {
  return unexplained("")
}

function figures() {
  gsub(/,/, "", usage)
  if (match(usage, /[0-9]+ input/)) print "tokens_in " substr(usage, RSTART, RLENGTH - 6)
  if (match(usage, /[0-9]+ output/)) print "tokens_out " substr(usage, RSTART, RLENGTH - 7)
}

# Only its exit status says whether it was cut off.
function is_whole() {
  return 0
}
