# What `codex exec --json` prints: an event a line. The last message of the agent is the answer; the event
# "turn.completed" or "turn.failed" tells how it ended. An event "error" may be followed by another try, and
# an item of the type "error" is a note.

@include "envelope.awk"

BEGIN { read_log() }

{ take($0) }

function see_event(text,    type, item, kinds) {
  type = words(event["type"], kind["type"])
  if (type == "thread.started") session = words(event["thread_id"], kind["thread_id"])
  if (type == "error") last_error = words(event["message"], kind["message"])
  if (type == "item.completed") {
    json_scan(event["item"], item, kinds)
    if (words(item["type"], kinds["type"]) == "agent_message") message = item["text"]
    if (words(item["status"], kinds["status"]) == "declined")
      declined = kinds["command"] == "string" ? json_text(item["command"]) : words(item["type"], kinds["type"])
  }
  if (type == "turn.completed" || type == "turn.failed") {
    if (envelope != "") note(envelope)
    envelope = text
  } else {
    note(text)
  }
}

function judge(    why) {
  said = json_text(message)
  if (envelope == "" && last_error != "") return plainly(last_error)
  if (envelope == "") return untold("no turn was completed: the answer is incomplete")
  if (words(event["type"], kind["type"]) == "turn.failed") {
    why = plainly(words(event["error"], kind["error"]))
    return why == "" ? "the turn failed, without a reason" : why
  }
  if (declined != "") return "permission denied: " declined
  return blank(said) ? "empty answer" : ""
}

function figures(    usage, kinds) {
  json_scan(event["usage"], usage, kinds)
  figure("tokens_in", usage["input_tokens"], kinds["input_tokens"])
  figure("tokens_out", usage["output_tokens"], kinds["output_tokens"])
  if (session != "") print clip("session " session)
}
