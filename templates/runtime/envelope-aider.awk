# What `aider --message-file` prints is the answer itself, and between its lines: an API's error, after which
# the exit status is 0 all the same, and what it used. An error is none if aider says that it tries again.

@include "envelope.awk"

{
  if ($0 ~ /^litellm\.[A-Za-z]+: /) last_error = $0
  if ($0 ~ /^Retrying in [0-9.]+ seconds/) last_error = ""
  if ($0 ~ /^Tokens: .* sent, .* received/) usage = $0
}

BEGIN { read_log() }

function see_event(text) {
}

function judge() {
  return last_error == "" ? untold("") : last_error
}

# Aider rounds: "Tokens: 2.3k sent, 11 received. Cost: $0.0007 message, $0.0012 session."
function figures() {
  if (match(usage, /[0-9.,]+[kM]? sent/)) printf "tokens_in %.0f\n", rounded(substr(usage, RSTART, RLENGTH - 5))
  if (match(usage, /[0-9.,]+[kM]? received/)) printf "tokens_out %.0f\n", rounded(substr(usage, RSTART, RLENGTH - 9))
  if (match(usage, /[0-9.]+ session/)) print "cost " substr(usage, RSTART, RLENGTH - 8)
}

function rounded(text) {
  gsub(/,/, "", text)
  return text * (text ~ /k$/ ? 1000 : text ~ /M$/ ? 1000000 : 1)
}

# Its exit status alone tells whether it was cut off.
function is_whole() {
  return 0
}
