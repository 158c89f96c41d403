# What `codex exec --json` prints: an event a line. The last message of the agent is the answer; the event
# "turn.completed" or "turn.failed" says how it ended. An event "error" may be followed by another try, and
# an item of the type "error" is a note.

@include "envelope.awk"

BEGIN { read_log() }

# What a command printed is not part of the answer, and can be long.
{ if (lines || $0 !~ /^[{]"type":"item[.][a-z]*"/ || index($0, "\"agent_message\"") || index($0, "\"declined\"")) take($0) }

function see_event(text,    type, item, kinds) {
  type = word_of(event, kind, "type")
  if (type == "thread.started") session = word_of(event, kind, "thread_id")
  if (type == "error") last_error = word_of(event, kind, "message")
  if (type == "item.completed") {
    json_scan(get(event, "item"), item, kinds)
    if (word_of(item, kinds, "type") == "agent_message" && kinds["text"] == "string" && !blank(json_text(get(item, "text"))))
      message = item["text"]
    if (word_of(item, kinds, "status") == "declined")
      declined = kinds["command"] == "string" ? json_text(get(item, "command")) : word_of(item, kinds, "type")
  }
  if (kind["usage"] == "object") used = event["usage"]
  if (type == "turn.started") went_on = envelope != ""
  if (type == "turn.completed" || type == "turn.failed") {
    envelope = text
    went_on = 0
  }
}

function judge(    why) {
  said = json_text(message)
  if (envelope == "" && last_error != "") return plainly(last_error)
  if (envelope == "" || went_on) return unexplained("no turn was completed: the answer is incomplete")
  if (word_of(event, kind, "type") == "turn.failed") {
    why = plainly(word_of(event, kind, "error"))
    return why == "" ? "the turn failed, without a reason" : why
  }
  if (declined != "") return "permission denied: " declined
  return blank(said) ? "empty answer" : ""
}

function is_whole() {
  return envelope != "" && !went_on
}

# The tokens are those of the session so far. A turn that fails reports none.
function figures(    usage, kinds) {
  json_scan(used, usage, kinds)
  figure("tokens_in", number_of(usage, kinds, "input_tokens"))
  figure("tokens_out", number_of(usage, kinds, "output_tokens"))
  figure("cache_read", number_of(usage, kinds, "cached_input_tokens"))
  if (session != "") print clip("session " session, 300)
}
