# What `gemini --output-format json` prints: one object, with "response" or "error". An error that ends the CLI
# goes to standard error, as the last object there.

BEGIN {
  read_log()
  for (at = told; at > 0 && errors[at] != "{"; at--) ;
  if (at > 0 && json_scan(json_join(errors, at, told, "\n"), event, kind) == "object") {
    last_error = words(event["error"], kind["error"])
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
  if (kind["error"] == "object" || kind["error"] == "string") last_error = words(event["error"], kind["error"])
  if (last_error != "") return plainly(last_error)
  if (envelope == "") return untold("no object with a response: the answer is incomplete")
  return blank(said) ? "empty answer" : ""
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
