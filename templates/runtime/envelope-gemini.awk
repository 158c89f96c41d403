# What `gemini --output-format json` prints: one object, with "response" or "error". An error that ends the CLI
# goes to standard error, as the last object there.

@include "envelope.awk"

BEGIN {
  read_log()
  for (at = error_lines; at > 0 && errors[at] !~ /^[{]/; at--) ;
  if (at > 0 && json_scan(json_join(errors, at, error_lines, "\n"), event, kind) == "object" && kind["error"] != "") {
    last_error = failure(get(event, "error"), get(kind, "error"))
    session = word_of(event, kind, "session_id")
  }
}

{ take($0) }

function see_event(text) {
  if (kind["response"] != "" || kind["error"] != "") envelope = text
}

function judge() {
  if (kind["response"] == "string") said = json_text(get(event, "response"))
  # What it prints there is its last word.
  if (envelope != "") last_error = kind["error"] == "" || kind["error"] == "null" ? "" : failure(get(event, "error"), get(kind, "error"))
  if (last_error != "") return last_error
  if (envelope == "") return unexplained("no object with a response: the answer is incomplete")
  if (rejected(get(event, "stats")) != "") return "permission denied: " refusals
  return blank(said) ? "empty answer" : ""
}

function is_whole() {
  return envelope != ""
}

# The tools of which a call was denied.
function rejected(stats,    member, kinds, tools, of, name, one, decisions) {
  json_scan(stats, member, kinds)
  json_scan(get(member, "tools"), tools, of)
  json_scan(get(tools, "byName"), tools, of)
  for (name in tools) {
    json_scan(tools[name], one, of)
    json_scan(get(one, "decisions"), decisions, kinds)
    if (decisions["reject"] + 0 > 0) refusals = refusals (refusals == "" ? "" : ", ") name
  }
  return refusals
}

# The message may hold the API's own words, and the code be the API's or an exit status.
function failure(text, of,    error, kinds, code, why) {
  if (of != "object") return words(text, of) == "" ? "the CLI reports an error and no reason" : words(text, of)
  json_scan(text, error, kinds)
  code = word_of(error, kinds, "code")
  if (code ~ /^[45][0-9][0-9]$/) fact("api", code)
  why = plainly(word_of(error, kinds, "message"))
  if (why == "") why = word_of(error, kinds, "type")
  return (code ~ /^[45][0-9][0-9]$/ && why !~ /^API / ? "API " code ": " : "") why
}

# All models that were called: some of the CLI's own requests go to a smaller one.
function figures(    stats, kinds, models, name, api, tokens, n) {
  json_scan(get(event, "stats"), stats, kinds)
  json_scan(get(stats, "models"), models, kinds)
  for (name in models) {
    json_scan(models[name], api, kinds)
    json_scan(get(api, "tokens"), tokens, kinds)
    n["in"] += number_of(tokens, kinds, "prompt")
    n["out"] += number_of(tokens, kinds, "candidates") + number_of(tokens, kinds, "thoughts")
    n["cached"] += number_of(tokens, kinds, "cached")
    if (number_of(tokens, kinds, "candidates") + 0 >= n["most"] + 0) {
      n["most"] = number_of(tokens, kinds, "candidates")
      busiest = name
    }
    json_scan(get(api, "api"), tokens, kinds)
    n["turns"] += number_of(tokens, kinds, "totalRequests")
  }
  if (n["in"] + n["out"] > 0) printf "tokens_in %.0f\ntokens_out %.0f\n", n["in"], n["out"]
  if (n["cached"] > 0) print_count("cache_read", n["cached"])
  if (n["turns"] > 0) printf "turns %.0f\n", n["turns"]
  if (kind["session_id"] == "string") session = json_text(get(event, "session_id"))
  if (session != "") print clip("session " session, 300)
  if (busiest != "") print clip("model " busiest, 300)
}
