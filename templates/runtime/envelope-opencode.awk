# What `opencode run --format json` prints: an event a line. The answer is what the last step says; why that
# step finished says whether there is more to come. A permission that nobody grants is refused, which
# standard error reports; one that a rule denies shows in the result of the tool.

@include "envelope.awk"

BEGIN {
  read_log()
  for (at = 1; at <= error_lines; at++)
    if (match(errors[at], /permission requested: .*; auto-rejecting/))
      refused = substr(errors[at], RSTART + 22, RLENGTH - 38)
}

# The result of a tool is not part of the answer, and can be long.
{ if (lines || $0 !~ /^[{]"type":"tool_use"/ || index($0, "\"status\":\"error\"")) take($0) }

function see_event(text,    type, part, kinds) {
  type = word_of(event, kind, "type")
  if (kind["sessionID"] == "string") session = json_text(get(event, "sessionID"))
  json_scan(get(event, "part"), part, kinds)
  if (type == "step_start") {
    if (!blank(said)) earlier = said
    said = finish = ""
  }
  if (type == "text") said = said (said == "" ? "" : "\n\n") json_text(get(part, "text"))
  # Once the answer is whole, an error changes nothing.
  if (type == "error" && !(finish == "stop" && !blank(said))) last_error = failure(get(event, "error"), get(kind, "error"))
  if (type == "tool_use") see_tool(part, kinds)
  if (type == "step_finish") {
    add(part, kinds)
    finish = word_of(part, kinds, "reason")
    envelope = text
  }
}

function see_tool(part, kinds,    state, of) {
  json_scan(get(part, "state"), state, of)
  if (refused == "" && word_of(state, of, "error") ~ /^The user (has specified a rule which prevents you from|rejected permission to)/)
    refused = word_of(part, kinds, "tool")
}

# An error has a name and, in its data, mostly a message and the API's status.
function failure(text, of,    error, kinds, data, of_data, code, why) {
  if (of != "object") return words(text, of)
  json_scan(text, error, kinds)
  json_scan(get(error, "data"), data, of_data)
  code = word_of(data, of_data, "statusCode")
  fact("api", code)
  why = word_of(data, of_data, "message")
  if (why == "") why = word_of(error, kinds, "name")
  return (code == "" ? "" : "API " code ": ") plainly(why)
}

function add(part, kinds,    tokens, of, cache, of_cache) {
  turns++
  cost += number_of(part, kinds, "cost")
  if (json_scan(get(part, "tokens"), tokens, of) == "") return
  json_scan(get(tokens, "cache"), cache, of_cache)
  cached += number_of(cache, of_cache, "read")
  written += number_of(cache, of_cache, "write")
  tokens_in += number_of(tokens, of, "input") + number_of(cache, of_cache, "read") + number_of(cache, of_cache, "write")
  tokens_out += number_of(tokens, of, "output") + number_of(tokens, of, "reasoning")
}

function judge() {
  if (last_error != "") return last_error
  if (refused != "") return "permission denied: " refused
  if (finish == "") return unexplained("no step was finished: the answer is incomplete")
  if (finish == "length") return "the answer is cut off: the model reached its limit of output"
  if (finish != "stop") return "the answer is incomplete: its last step ended with " finish
  if (blank(said)) said = earlier
  return blank(said) ? "empty answer" : ""
}

# A step that calls tools is followed by another.
function is_whole() {
  return finish == "stop" || finish == "length" || finish == "content-filter"
}

# A cost of 0 means an unknown price: the CLI reports 0 for models without a price.
function figures() {
  if (cost > 0) printf "cost %.6f\n", cost
  if (tokens_in + tokens_out > 0) printf "tokens_in %.0f\ntokens_out %.0f\n", tokens_in, tokens_out
  if (cached + written > 0) printf "cache_read %.0f\ncache_write %.0f\n", cached, written
  if (turns) print "turns " turns
  if (session != "") print clip("session " session, 300)
}
