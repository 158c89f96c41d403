# What `claude -p --output-format stream-json|json` prints: the last event of the type "result" tells how it
# ended. Its subtype says "success" on failures too: it decides nothing, at most it is quoted.

@include "envelope.awk"

BEGIN { read_log() }

{ take($0) }

function see_event(text,    type, why) {
  type = kind["type"] == "string" ? json_text(event["type"]) : ""
  if (kind["parent_tool_use_id"] != "string") {
    if (type == "user") pieces = 0
    if (type == "assistant") piece[++pieces] = event["message"]
  }
  if (type == "result") {
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
  if (envelope == "") return untold("no result event: the answer is incomplete" aside(last_error))
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
  if (blank(said)) return "empty answer"
  said = cut_off() said
  return ""
}

# A model that reaches its limit of output is told to go on in mid-thought, and the result is what it said
# last. Returns what it said before: the messages since the last event "user", but for the last.
function cut_off(    i, message, kinds, id, text, all) {
  for (i = 1; i <= pieces; i++) {
    json_scan(piece[i], message, kinds)
    id[i] = message["id"]
    text[i] = texts(message["content"], kinds["content"])
  }
  for (i = 1; i < pieces; i++) if (id[i] != id[pieces]) all = all text[i]
  return all
}

function texts(content, of,    block, kinds, n, i, member, all) {
  if (of != "array") return ""
  json_scan(content, block, kinds)
  for (n = 1; n in block; n++) ;
  for (i = 1; i < n; i++) {
    json_scan(block[i], member, kinds)
    if (member["type"] == "text") all = all json_text(member["text"])
  }
  return all
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
  figure("cost", event["total_cost_usd"], kind["total_cost_usd"])
  json_scan(event["usage"], usage, kinds)
  n = split("input_tokens cache_creation_input_tokens cache_read_input_tokens", part, " ")
  for (i = 1; i <= n; i++) if (kinds[part[i]] == "number") sum += usage[part[i]]
  if (sum != "") printf "tokens_in %.0f\n", sum
  figure("tokens_out", usage["output_tokens"], kinds["output_tokens"])
  figure("turns", event["num_turns"], kind["num_turns"])
  if (kind["session_id"] == "string") print clip("session " json_text(event["session_id"]))
}
