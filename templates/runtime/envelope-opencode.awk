# What `opencode run --format json` prints: an event a line. The answer is what the last step says; why that
# step finished tells whether there is more to come. A permission that nobody grants is refused, which
# standard error tells.

@include "envelope.awk"

BEGIN {
  read_log()
  for (at = 1; at <= told; at++)
    if (match(errors[at], /permission requested: .*; auto-rejecting/))
      refused = substr(errors[at], RSTART + 22, RLENGTH - 38)
}

{ take($0) }

function see_event(text,    type, part, kinds) {
  type = words(event["type"], kind["type"])
  if (kind["sessionID"] == "string") session = json_text(event["sessionID"])
  json_scan(event["part"], part, kinds)
  if (type == "step_start") said = finish = ""
  if (type == "text") said = said (said == "" ? "" : "\n\n") json_text(part["text"])
  if (type == "error") last_error = failure(event["error"], kind["error"])
  if (type == "step_finish") {
    add(part, kinds)
    finish = words(part["reason"], kinds["reason"])
    if (envelope != "") note(envelope)
    envelope = text
  } else {
    note(text)
  }
}

# An error has a name and, in its data, mostly a message and the API's status.
function failure(text, of,    error, kinds, data, of_data, code, why) {
  if (of != "object") return words(text, of)
  json_scan(text, error, kinds)
  json_scan(error["data"], data, of_data)
  code = words(data["statusCode"], of_data["statusCode"])
  why = words(data["message"], of_data["message"])
  if (why == "") why = words(error["name"], kinds["name"])
  return (code == "" ? "" : "API " code ": ") plainly(why)
}

function add(part, kinds,    tokens, of, cache, of_cache) {
  turns++
  if (kinds["cost"] == "number") cost += part["cost"]
  if (json_scan(part["tokens"], tokens, of) == "") return
  json_scan(tokens["cache"], cache, of_cache)
  tokens_in += tokens["input"] + cache["read"] + cache["write"]
  tokens_out += tokens["output"] + tokens["reasoning"]
}

function judge() {
  if (last_error != "") return last_error
  if (refused != "") return "permission denied: " refused
  if (finish == "") return untold("no step was finished: the answer is incomplete")
  if (finish == "length") return "the answer is cut off: the model reached its limit of output"
  if (finish != "stop") return "the answer is incomplete: its last step ended with " finish
  return blank(said) ? "empty answer" : ""
}

# What costs nothing has no known price: the CLI says 0 of models that it has no prices for.
function figures() {
  if (cost > 0) printf "cost %.6f\n", cost
  if (tokens_in + tokens_out > 0) printf "tokens_in %.0f\ntokens_out %.0f\n", tokens_in, tokens_out
  if (turns) print "turns " turns
  if (session != "") print clip("session " session)
}
