# `aider --message-file` prints the answer between its own messages: its settings come before the answer, its tokens and
# the files that it edited after it.  Even after an error of the API its exit status is 0.  An error does not count if
# aider says that it tries again, nor do edits that did not fit if another answer follows.

@include "envelope.awk"

BEGIN {
  read_log()
  its_own = 1
}

{
  if ($0 ~ /^litellm\.[A-Za-z]+: /) {
    last_error = $0
    before_error = kept
  }
  if (previous ~ /^Model .* has hit a token limit!/ && $0 ~ /^Token counts below are approximate/)
    last_error = "the answer is cut off: " previous
  if (previous ~ /^Traceback \(most recent call last\):/ && $0 ~ /^  File ".*\/(aider|litellm)\//) traced = 1
  if (traced && $0 ~ /^[A-Za-z_]/) {
    last_error = "aider itself failed: " $0
    traced = 0
  }
  if ($0 ~ /^The LLM did not conform to the edit format\./) misfit = "its edits were not applied: " $0
  previous = $0
  if ($0 ~ /^Retrying in [0-9.]+ seconds/) {
    last_error = ""
    kept = before_error
    its_own = 1
  } else if ($0 ~ /^Tokens: .* sent, .* received/) {
    add_usage($0)
    misfit = ""
    its_own = 1
  } else if (!(its_own && is_its_own($0))) {
    its_own = 0
    its_lines[++kept] = $0
  }
}

# At the beginning, and behind the tokens of an answer.
function is_its_own(line) {
  return line ~ /^[ \t\r]*$/ \
    || line ~ /^(Aider v[0-9]|(Model|Main model|Weak model|Editor model|Git repo|Repo-map): |Update git (name|email) with: )/ \
    || line ~ /^(https:\/\/aider\.chat\/|HTTPS?ConnectionPool\(|Can't initialize prompt toolkit|Detected dumb terminal)/ \
    || line ~ /^(Newer aider version|Restored previous conversation|Applied edit to |Creating empty file |Skipping edits to )/ \
    || line ~ /^Added .* to the chat( \(read-only\))?\.?$/ \
    || line ~ /^(Empty response received from LLM\. Check your provider account|Only [0-9]+ reflections allowed, stopping)/
}

function see_event(event_text) {
}

function judge() {
  while (kept && blank(its_lines[kept])) kept--
  said = kept ? json_join(its_lines, 1, kept, "\n") "\n" : ""
  if (last_error != "") return last_error
  if (misfit != "") return misfit
  if (blank(said)) return unexplained("empty answer")
  return unexplained("")
}

# Aider rounds: "Tokens: 2.3k sent, 11 received. Cost: $0.0007 message, $0.0012 session."  A session may have several.
function add_usage(line) {
  if (match(line, /[0-9.,]+[kM]? sent/)) sent += rounded(substr(line, RSTART, RLENGTH - 5))
  if (match(line, /[0-9.,]+[kM]? received/)) received += rounded(substr(line, RSTART, RLENGTH - 9))
  if (match(line, /[0-9.]+ session/)) session = substr(line, RSTART, RLENGTH - 8)
}

function figures() {
  if (sent + received) printf "tokens_in %.0f\ntokens_out %.0f\n", sent, received
  if (session != "") print "cost " session
}

function rounded(number) {
  gsub(/,/, "", number)
  return number * (number ~ /k$/ ? 1000 : number ~ /M$/ ? 1000000 : 1)
}

# Only its exit status says whether it was cut off.
function is_whole() {
  return 0
}
