# What `gemini --output-format json` prints: one object, with "response" or "error". An error that ends the CLI
# goes to standard error, as the last object there.

@include "envelope.awk"

BEGIN {
  read_log()
  for (at = told; at > 0 && errors[at] != "{"; at--) ;
  if (at > 0 && json_scan(json_join(errors, at, told, "\n"), event, kind) == "object") {
    last_error = failure(event["error"], kind["error"])
    session = words(event["session_id"], kind["session_id"])
  }
}

{ take($0) }

function see_event(text) {
  if (kind["response"] != "" || kind["error"] != "") {
    if (envelope != "") note(envelope)
    envelope = text
  } else {
    note(text)
  }
}

function judge() {
  if (kind["response"] == "string") said = json_text(event["response"])
  if (kind["error"] == "object") last_error = failure(event["error"], kind["error"])
  if (last_error != "") return last_error
  if (envelope == "") return untold("no object with a response: the answer is incomplete")
  return blank(said) ? "empty answer" : ""
}

# The message may hold the API's own words, and the code be the API's or an exit status.
function failure(text, of,    error, kinds, code, why) {
  if (of != "object") return words(text, of)
  json_scan(text, error, kinds)
  code = words(error["code"], kinds["code"])
  why = plainly(words(error["message"], kinds["message"]))
  if (why == "") why = words(error["type"], kinds["type"])
  return (code ~ /^[45][0-9][0-9]$/ && why !~ /^API / ? "API " code ": " : "") why
}

# All models that were asked: some of the CLI's own questions go to a smaller one.
function figures(    stats, kinds, models, name, api, tokens, n) {
  json_scan(event["stats"], stats, kinds)
  json_scan(stats["models"], models, kinds)
  for (name in models) {
    json_scan(models[name], api, kinds)
    json_scan(api["tokens"], tokens, kinds)
    n["in"] += tokens["prompt"]
    n["out"] += tokens["candidates"] + tokens["thoughts"]
    json_scan(api["api"], tokens, kinds)
    n["turns"] += tokens["totalRequests"]
  }
  if (n["in"] + n["out"] > 0) printf "tokens_in %.0f\ntokens_out %.0f\n", n["in"], n["out"]
  if (n["turns"] > 0) printf "turns %.0f\n", n["turns"]
  if (kind["session_id"] == "string") session = json_text(event["session_id"])
  if (session != "") print clip("session " session)
}
