# Takes the answer out of what `claude -p --output-format stream-json|json` printed.
#
#   LC_ALL=C awk -v answer=FILE -v result=FILE -v log_file=FILE -f json.awk -f envelope.awk RAW
#
# RAW holds events as JSON: one a line, or one object, or one array of events. A text begins in the
# first column and takes one line, or several if its first holds the bracket alone. An unfinished
# text counts as no JSON, and what is no JSON may stand between the others.
# The envelope is the last event of the type "result".
#
#   answer     the text of the envelope, byte for byte; written only if the verdict is ok
#   result     the envelope as it stands in RAW (out of an array: on one line, without blanks)
#   log_file   gets every other line or event appended, and the envelope's text if that is no answer
#
# A file that is not named is not written; awk reads backslashes in these names as escapes.
# Standard output is the verdict:
#   ok | error MESSAGE       at most 300 bytes, no control characters
#   cost N, tokens_in N, tokens_out N, turns N, session ID
#                            one a line; what the envelope does not tell is left out
# If a file cannot be read or written, there is an error or no verdict at all.
# The envelope's subtype says "success" on failures too: it decides nothing, at most it is quoted.

{ take($0) }

END {
  if (lines) give_up()
  problem = judge()
  if (found && !put(result, envelope "\n")) problem = "cannot write " result
  if (problem == "" && !put(answer, said)) problem = "cannot write " answer
  if (problem != "" && !blank(said)) note(said)
  print (problem == "" ? "ok" : clip("error " problem))
  if (found) figures()
}

# held[1 .. lines] are the lines of a JSON text that is not finished; event and kind its members.
function take(line,    state, again) {
  if (!lines) {
    if (line !~ /^[[{]/) {
      note(line)
      return
    }
    json_start(event, kind)
  }
  held[++lines] = line
  state = json_feed(line, event, kind)
  if (state == "done") see()
  else if (state == "bad" || lines == 1 && line !~ /^.[ \t\r]*$/) {
    # A text broken off further up: this line may be where the next one begins.
    again = lines > 1
    if (again) lines--
    give_up()
    if (again) take(line)
  }
}

function give_up(    i) {
  for (i = 1; i <= lines; i++) note(held[i])
  lines = 0
}

function see(    text, item, n, i) {
  text = json_join(held, 1, lines, "\n")
  lines = 0
  if (text ~ /^[{]/) {
    see_event(text)
    return
  }
  for (n = 1; n in event; n++) item[n] = kind[n] == "string" ? "\"" event[n] "\"" : event[n]
  for (i = 1; i < n; i++) {
    json_scan(item[i], event, kind)
    see_event(item[i])
  }
}

function see_event(text,    why) {
  if (kind["type"] == "string" && json_text(event["type"]) == "result") {
    if (found) note(envelope)
    found = 1
    envelope = text
    return
  }
  why = words(event["error"], kind["error"])
  if (why != "") last_error = why
  note(text)
}

# Why the envelope holds no answer, or "" if it does. Sets said, its text.
function judge(    why, status) {
  if (!found) return "no result event: the answer is incomplete" aside(last_error)
  json_scan(envelope, event, kind)
  if (kind["result"] == "string") said = json_text(event["result"])
  why = reason()
  if (kind["is_error"] == "boolean" && event["is_error"] == "true") {
    status = words(event["api_error_status"], kind["api_error_status"])
    if (status == "") return why == "" ? "the CLI reports an error and no reason" : why
    return "API " status (why == "" ? "" : ": " why)
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

function blank(s) {
  return s !~ /[^ \t\r\n\f\v]/
}

function aside(s) {
  return s == "" ? "" : " (" s ")"
}

# What a member says to a human: itself, an object's message, all that an array says.
function words(text, of,    member, kinds, i, s, all) {
  if (of == "number") return text
  if (of == "string") {
    s = json_text(text)
    sub(/^[ \t\r\n\f\v]+/, "", s)
    return s
  }
  if (of != "object" && of != "array") return ""
  json_scan(text, member, kinds)
  if (of == "object") return words(member["message"], kinds["message"])
  for (i = 1; i in member; i++) {
    s = words(member[i], kinds[i])
    if (s != "") all = all (all == "" ? "" : "; ") s
  }
  return all
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
  if (kind["total_cost_usd"] == "number") print "cost " event["total_cost_usd"]
  json_scan(event["usage"], usage, kinds)
  n = split("input_tokens cache_creation_input_tokens cache_read_input_tokens", part, " ")
  for (i = 1; i <= n; i++) if (kinds[part[i]] == "number") sum += usage[part[i]]
  if (sum != "") printf "tokens_in %.0f\n", sum
  if (kinds["output_tokens"] == "number") print "tokens_out " usage["output_tokens"]
  if (kind["num_turns"] == "number") print "turns " event["num_turns"]
  if (kind["session_id"] == "string") print clip("session " json_text(event["session_id"]))
}

# One line of at most 300 bytes that does not end within a character.
function clip(s) {
  s = substr(s, 1, 301)
  gsub(/[\001-\037\177]/, " ", s)
  if (length(s) > 300) {
    s = substr(s, 1, 300)
    sub(/[\300-\377][\200-\277]*$/, "", s)
  }
  return s
}

function note(line) {
  if (log_file != "") print line >> log_file
}

# Writes s to the file and counts what arrived: busybox awk does not notice a full disk.
function put(file, s,    line, size) {
  if (file == "") return 1
  ORS = ""
  print s > file
  ORS = "\n"
  close(file)
  while ((getline line < file) > 0) size += length(line) + 1
  close(file)
  return size == length(s) + (substr(s, length(s)) != "\n")
}
