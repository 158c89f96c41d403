# What `claude -p --output-format stream-json|json` prints. The answer is what the assistant said last: the text of
# its messages since it last used a tool or got a message. A result event ends each turn, of which there are
# several where helpers work in the background; it counts where the stream has no text. Its subtype says
# "success" on failures too.
#
# Where a schema was asked for (`structured` names it), the structured output is the answer.
#
# batch[1 .. batched]    the events of the assistant since the last boundary; before[1 .. olds] those before it
# running[TASK]          work in the background that is not over

@include "envelope.awk"
@include "claude-bill.awk"

BEGIN { read_log() }

{ if (lines || !skim()) take($0) }

# Most of a stream is tool calls and their results, of which little matters: such a line is not parsed, and a text only
# when its turn is over. Is $0 such a line? It is not passed on, because busybox awk copies what it passes, and index is
# far faster than a match.
function skim(    type) {
  if (!match(substr($0, 1, 40), /^[{]"type": *"[a-z_]+"/) || !closes()) return 0
  type = substr($0, 9, RLENGTH - 9)
  if (substr(type, 1, 1) == "\"") type = substr(type, 2)
  else sub(/^ *"/, "", type)
  if (type == "user") return skim_user()
  if (type == "assistant") return skim_assistant()
  if (type == "result" || type == "system" || type == "rate_limit_event") return 0
  return type == "stream_event" || !index($0, "\"error\"")
}

function closes() {
  return substr($0, length($0)) == "}" || $0 ~ /}[ \t\r]+$/
}

function skim_user() {
  if (index($0, "\"is") && $0 ~ /"is_error": *true|"isSynthetic"/) return 0
  if (is_main()) boundary()
  return 1
}

function is_main() {
  if (index(substr($0, length($0) - 200), "\"parent_tool_use_id\":null")) return 1
  return index($0, "\"parent_tool_use_id\":null") || $0 !~ /"parent_tool_use_id": *"/
}

function skim_assistant(    name, id) {
  if (index($0, "\"error\"") || index($0, "\"<synthetic>\"")) return 0
  if (!index($0, "\"text\"") && !index($0, "\"tool_use\"") && $0 ~ /"content": *"/) return 0
  note_usage($0)
  if (index($0, "\"tool_use\"")) {
    if (index($0, "\"text\"")) return 0
    if (!match($0, /"type": *"tool_use", *"id": *"[^"\\]*", *"name": *"[^"\\]*"/)) return 0
    name = id = substr($0, RSTART, RLENGTH - 1)
    sub(/^.*"/, "", name)
    sub(/^.*"id": *"/, "", id)
    sub(/".*$/, "", id)
    tool[id] = name
    if (is_main()) says($0, 1, 0)
  } else if (is_main()) {
    says($0, 0, index($0, "\"text\""))
  }
  return 1
}

# says(EVENT, USES, TEXTS): keeps what the assistant says; who uses a tool says something else after that.
function says(text, uses, has_text) {
  spoke = 1
  if (has_text) batch[++batched] = text
  if (uses) boundary()
}

function see_event(text,    type, main, why) {
  type = string_of("type")
  main = kind["parent_tool_use_id"] != "string"
  if (type == "assistant") see_assistant(text, main)
  else if (type == "user") see_user(main)
  else if (type == "system") see_system()
  else if (type == "rate_limit_event") see_limit(get(event, "rate_limit_info"))
  if (type == "result") {
    see_result(text)
    return
  }
  why = word_of(event, kind, "error")
  if (why != "") {
    last_error = why
    fact("class", why)
  }
}

function string_of(name) {
  return kind[name] == "string" ? json_text(event[name]) : ""
}

# --- what is said ------------------------------------------------------------

# boundary: the text that follows does not belong to the text so far.
function boundary(    i) {
  if (!batched) return
  for (i = 1; i <= batched; i++) before[i] = batch[i]
  olds = batched
  batched = 0
}

# The CLI marks its own messages with a special model name.
function see_assistant(text, main,    message, kinds, block, of, i, member, of_member, uses) {
  json_scan(get(event, "message"), message, kinds)
  if (kinds["model"] == "string" && message["model"] == "<synthetic>") {
    own_words = texts(get(message, "content"), get(kinds, "content"))
    return
  }
  if (kinds["content"] == "array") json_scan(get(message, "content"), block, of)
  for (i = 1; i in block; i++) {
    json_scan(block[i], member, of_member)
    if (member["type"] != "tool_use") continue
    uses = 1
    tool[json_text(get(member, "id"))] = json_text(get(member, "name"))
  }
  note_usage(text)
  if (main) says(text, uses, kinds["content"] == "string" || index(text, "\"text\""))
}

# An answer that reached the model's limit of output is continued after such an event.
function see_user(main,    message, kinds, block, of, n) {
  json_scan(get(event, "message"), message, kinds)
  if (kinds["content"] == "array") json_scan(get(message, "content"), block, of)
  for (n = 1; n in block; n++) look_for_denial(block[n])
  if (main && !(get(event, "isSynthetic") == "true" && continues(get(message, "content")))) boundary()
}

function continues(text) {
  return text !~ /[Hh]ook feedback|task-notification|<system-reminder>/
}

function look_for_denial(block,    member, kinds, text) {
  json_scan(block, member, kinds)
  if (member["type"] != "tool_result" || member["is_error"] != "true") return
  text = kinds["content"] == "array" ? texts(get(member, "content"), "array") : word_of(member, kinds, "content")
  text = tolower(substr(text, 1, 400))
  sub(/^(<tool_use_error>|error: *)+/, "", text)
  if (text ~ /^exit code|^bash:/) return
  if (text ~ /^denied by|is denied by your permission|^permission to .* (has been|was|is) denied|^permission denied by|^claude requested permission|haven.t granted it yet|because claude code is running in don.t ask mode|^the user doesn.t want to/)
    denied(json_text(get(member, "tool_use_id")) in tool ? tool[json_text(get(member, "tool_use_id"))] : "")
}

function denied(name) {
  denials++
  if (name == "" || name in refused) return
  refused[name]
  refusals = refusals (refusals == "" ? "" : ", ") name
}

# Permission for an edit has to come from the plan or the user.
function cure(names) {
  if (("," names) !~ /, ?(Edit|Write|MultiEdit|NotebookEdit)(,|$)/) return ""
  return " (to permit edits: \"permissions\": \"acceptEdits\" in the plan, or --permissions acceptEdits)"
}

# said_in(LIST, N): all texts of these events; sets speaker to the model that they come from.
function said_in(list, n,    i, all, outer, kinds, message, of) {
  for (i = 1; i <= n; i++) {
    json_scan(list[i], outer, kinds)
    json_scan(get(outer, "message"), message, of)
    if (of["model"] == "string") speaker = json_text(get(message, "model"))
    all = all texts(get(message, "content"), get(of, "content"))
  }
  return all ""
}

function texts(content, of,    block, kinds, i, member, all) {
  if (of == "string") return json_text(content)
  if (of != "array") return ""
  json_scan(content, block, kinds)
  for (i = 1; i in block; i++) {
    json_scan(block[i], member, kinds)
    if (member["type"] == "text") all = all json_text(get(member, "text"))
  }
  return all ""
}

# --- what happens beside it --------------------------------------------------

function see_system(    subtype, id, status) {
  subtype = string_of("subtype")
  id = string_of("task_id")
  if (subtype == "task_started") running[id] = 1
  if (subtype == "task_notification") {
    delete running[id]
    status = string_of("status")
    if (status != "completed") stopped = status == "" ? "stopped" : status
    spoke = 0
  }
  if (subtype == "api_retry") {
    fact("api", number_of(event, kind, "error_status"))
    status = number_of(event, kind, "retry_delay_ms")
    if (status != "") fact("retry", status / 1000)
  }
}

function see_limit(info,    member, kinds) {
  json_scan(info, member, kinds)
  if (member["status"] == "rejected") fact("limit", number_of(member, kinds, "resetsAt"))
}

# --- how a turn ends ---------------------------------------------------------

# If a later turn ends with an error before it did anything, the answer stays.
function see_result(text,    why, now, zero) {
  bill_turn()
  take_denials(get(event, "permission_denials"))
  why = failure()
  zero = kind["num_turns"] == "number" && event["num_turns"] + 0 == 0
  if (why != "") {
    if (zero && has_answer) return
    if (zero) late = why
    else problem_named = why
    envelope = text
  } else {
    now = answer_of_turn()
    if (!blank(now)) {
      said = now
      has_answer = 1
      late = ""
      envelope = text
      answered_by = speaker
      if (spoke) stopped = ""
    } else if (!has_answer) {
      envelope = text
      textless = kind["result"] == "string" ? "empty answer" : "no text in the result event" aside(why_failed())
      if (own_words != "") textless = "the CLI answered by itself: " own_words
    }
  }
  had_result = 1
  spoke = batched = olds = 0
}

function answer_of_turn(    text) {
  text = said_in(batch, batched)
  if (structured != "" && kind["structured_output"] ~ /^(object|array)$/ && !is_question(text) && !is_question(said_in(before, olds)))
    return event["structured_output"]
  if (!blank(text)) return text
  text = string_of("result")
  if (!blank(text) && !is_own(text)) return text
  if (olds) text = said_in(before, olds)
  if (blank(text) || is_own(text)) text = get(event, "structured_output")
  return text == "null" ? "" : text
}

# Texts, and no numbers: "0" is not "".
function is_own(text) {
  return text "" == own_words ""
}

# Why this turn failed, or "".
function failure(    why, code) {
  why = why_failed()
  code = word_of(event, kind, "api_error_status")
  if (is_well() && !(code ~ /^[45][0-9][0-9]$/ && complains(why))) return cut_off()
  fact("api", code ~ /^[1-9][0-9][0-9]$/ ? code : "")
  if (code == "") return why == "" ? "the CLI reports an error and no reason" : why
  return "API " code (why == "" ? "" : ": " why)
}

function is_well() {
  if (string_of("subtype") ~ /^error/) return 0
  return kind["is_error"] ~ /^(null)?$/ || kind["is_error"] == "boolean" && event["is_error"] == "false"
}

function cut_off(    end) {
  end = string_of("stop_reason")
  if (end == "refusal") return "the answer is incomplete: the model refused to go on"
  return end ~ /^(max_tokens|model_context_window_exceeded)$/ ? "the answer is cut off: the model reached its limit (" end ")" : ""
}

function why_failed(    s) {
  s = word_of(event, kind, "result")
  if (s == "") s = word_of(event, kind, "errors")
  if (s == "") s = word_of(event, kind, "error")
  if (s == "" && string_of("subtype") != "success") s = word_of(event, kind, "subtype")
  return s
}

function take_denials(list,    item, kinds, member, i) {
  if (list == "" || list == "[]" || kind["permission_denials"] != "array") return
  json_scan(list, item, kinds)
  for (i = 1; i in item; i++) {
    json_scan(item[i], member, kinds)
    denied(word_of(member, kinds, "tool_name"))
  }
}

# Why there is not an answer, or "" if there is one.
function judge() {
  if (!had_result) return unexplained("no result event: the answer is incomplete" aside(last_error))
  if (problem_named != "") return problem_named
  if (denials) return "permission denied" (refusals == "" ? "" : ": " refusals) cure(refusals)
  if (spoke) return unexplained("no result event after its last turn: the answer is incomplete" aside(last_error))
  if (stopped != "") return "work in the background was " stopped " before it had reported"
  if (!has_answer) return late != "" ? late : textless
  return ""
}

function is_whole(    task) {
  for (task in running) return 0
  return had_result && !spoke
}
