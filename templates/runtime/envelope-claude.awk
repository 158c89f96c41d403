# What `claude -p --output-format stream-json|json` prints: the last event of the type "result" tells how it
# ended. Its subtype says "success" on failures too: it decides nothing, at most it is quoted.

{ take($0) }

function see_event(text,    why) {
  if (kind["type"] == "string" && json_text(event["type"]) == "result") {
    if (envelope != "") note(envelope)
    envelope = text
    return
  }
  why = words(event["error"], kind["error"])
  if (why != "") last_error = why
  note(text)
}

# Why the envelope holds no answer, or "" if it does. Sets said, its text.
function judge(    why, code) {
  if (envelope == "") return "no result event: the answer is incomplete" aside(last_error)
  json_scan(envelope, event, kind)
  if (kind["result"] == "string") said = json_text(event["result"])
  why = reason()
  if (kind["is_error"] == "boolean" && event["is_error"] == "true") {
    code = words(event["api_error_status"], kind["api_error_status"])
    if (code == "") return why == "" ? "the CLI reports an error and no reason" : why
    return "API " code (why == "" ? "" : ": " why)
  }
  if (kind["permission_denials"] == "array" && event["permission_denials"] != "[]")
    return "permission denied" denied(event["permission_denials"])
  if (kind["result"] != "string") return "no text in the result event" aside(why)
  return blank(said) ? "empty answer" : ""
}

function reason(    s) {
  s = words(event["result"], kind["result"])
  if (s == "") s = words(event["errors"], kind["errors"])
  if (s == "" && event["subtype"] != "success") s = words(event["subtype"], kind["subtype"])
  return s
}

# ": " and the names of the tools, each once.
function denied(list,    item, kinds, member, i, name, seen, names) {
  json_scan(list, item, kinds)
  for (i = 1; i in item; i++) {
    json_scan(item[i], member, kinds)
    name = words(member["tool_name"], kinds["tool_name"])
    if (name == "" || name in seen) continue
    seen[name] = 1
    names = names (names == "" ? ": " : ", ") name
  }
  return names
}

function figures(    usage, kinds, part, n, i, sum) {
  if (envelope == "") return
  if (kind["total_cost_usd"] == "number") print "cost " event["total_cost_usd"]
  json_scan(event["usage"], usage, kinds)
  n = split("input_tokens cache_creation_input_tokens cache_read_input_tokens", part, " ")
  for (i = 1; i <= n; i++) if (kinds[part[i]] == "number") sum += usage[part[i]]
  if (sum != "") printf "tokens_in %.0f\n", sum
  if (kinds["output_tokens"] == "number") print "tokens_out " usage["output_tokens"]
  if (kind["num_turns"] == "number") print "turns " event["num_turns"]
  if (kind["session_id"] == "string") print clip("session " json_text(event["session_id"]))
}
