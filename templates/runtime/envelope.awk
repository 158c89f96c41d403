# What the envelopes have in common: how the answer is taken out of what an agent's CLI printed.
#
#   LC_ALL=C awk -v answer=FILE -v result=FILE -v log_file=FILE -v status=N \
#     -f lib.awk -f envelope-KIND.awk RAW
#
#   answer     the answer, byte for byte; written only if the verdict is ok and RAW is not the answer itself
#   result     the event that tells how it ended, as it stands in RAW (out of an array: on one line,
#              without blanks)
#   log_file   what the CLI wrote to standard error; gets every other line or event appended, and the
#              answer's text if the verdict is an error
#   status     the CLI's exit status; an answer with one that is not 0 is none
#
# A file that is not named is not written; awk reads backslashes in these names as escapes.
# Standard output is the verdict:
#   ok | error MESSAGE       at most 300 bytes, no control characters
#   cost N, tokens_in N, tokens_out N, turns N, session ID
#                            one a line; what the CLI does not tell is left out
# If a file cannot be read or written, there is an error or no verdict at all.
#
# A KIND gives take() the lines of RAW that may hold JSON, and has three functions:
#   see_event(text)   is called with each JSON object, its members in event and kind; notes it, or keeps
#                     in envelope what is to become the result
#   judge()           returns why there is no answer, or ""; sets said to the answer's text
#   figures()         prints the figures; for both, event and kind are those of the envelope
# One that needs what the CLI wrote to standard error calls read_log() before anything is noted.

END {
  if (lines) give_up()
  json_scan(envelope, event, kind)
  problem = judge()
  if (problem == "" && status + 0) problem = "exit status " status
  if (envelope != "" && !put(result, envelope "\n")) problem = "cannot write " result
  if (problem == "" && said != "" && !put(answer, said)) problem = "cannot write " answer
  if (problem != "" && !blank(said)) note(said)
  print (problem == "" ? "ok" : clip("error " problem))
  figures()
}

# Takes a line of JSON: there is one object a line, or one object, or one array of them. A text begins in
# the first column and takes one line, or several if its first holds the bracket alone. An unfinished text
# counts as no JSON, and what is no JSON may stand between the others.
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

# What an error says. Some CLIs hand on the API's own words: {"error":{"code":429,"message":"..."}}.
function plainly(s,    member, kinds, code, why) {
  if (s !~ /^[{]/ || json_scan(s, member, kinds) != "object") return s
  if (kinds["error"] == "object" && json_scan(member["error"], member, kinds) == "") return s
  why = words(member["message"], kinds["message"])
  code = words(member["code"], kinds["code"])
  if (why == "") return s
  return (code ~ /^[1-9][0-9][0-9]$/ ? "API " code ": " : "") why
}

# Sets errors[1 .. told] to the lines of standard error, and last_words to the last of them that begins like
# an error, or else to the last that is not blank.
function read_log(    line, complaint) {
  if (log_file == "") return
  while ((getline line < log_file) > 0) {
    errors[++told] = line
    if (!blank(line)) last_words = line
    if (tolower(line) ~ /^[^a-z]*(error|fatal)[^a-z]/) complaint = line
  }
  close(log_file)
  if (complaint != "") last_words = complaint
}

# Why there is no answer, of a CLI that did not tell: its exit status and last words, or else `what`.
function untold(what) {
  if (!(status + 0)) return what
  return "exit status " status (last_words == "" ? "" : ": " last_words)
}

# Prints a figure that is a number as it was written.
function figure(name, text, of) {
  if (of == "number") print name " " text
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
