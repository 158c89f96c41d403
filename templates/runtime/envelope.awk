# The common part of the envelopes: it extracts the answer from what an agent's CLI printed.
#
#   LC_ALL=C awk -v answer=FILE -v result=FILE -v log_file=FILE -v ending=TEXT [-v peek=1] \
#     -f envelope-KIND.awk RAW
#
#   answer     the answer, byte for byte; written only if the verdict is ok and RAW is not the answer itself
#   result     the event that says how it ended, as it stands in RAW (out of an array: on one line,
#              without blanks)
#   log_file   what the CLI wrote to standard error; gets every line appended that is not JSON, and the
#              answer's text if the verdict is an error
#   ending     why the CLI's end is not a good one, such as "exit status 1"; empty if it is
#   peek       nothing is written: the verdict is "whole" if no more is to come, else "more"
#
# A file that is not named is not written; awk reads backslashes in these names as escapes.
# Standard output is the verdict:
#   ok | error MESSAGE       at most 300 bytes of UTF-8, no control characters
#   question                 the answer is a question to a person
#   cost N, tokens_in N, tokens_out N, cache_read N, cache_write N, cache_saved N, turns N, session ID, model NAME
#                            one a line; what the CLI does not report is left out.  cache_saved is in dollars
#   api STATUS, class NAME, retry SECONDS, limit EPOCH
#                            the CLI's own account of its last error, for transient.awk
# If a file cannot be read or written, there is an error or no verdict at all.
#
# A KIND gives take() the lines of RAW that may hold JSON, and has four functions:
#   see_event(text)   is called with each JSON object, its members in event and kind; notes it, or keeps
#                     in envelope what is to become the result
#   judge()           returns why there is not an answer, or ""; sets said to the answer's text
#   is_whole()        has its last event been seen? Then it has answered, however the CLI ends
#   figures()         prints the figures; for both, event and kind are those of the envelope
# An element that may be absent is passed on by get(): gawk 5.2.1 crashes otherwise. One that needs what the CLI wrote to standard error calls read_log() before anything is noted.

@include "json.awk"
@include "text.awk"
@include "question.awk"

END {
  if (lines) give_up()
  json_scan(envelope, event, kind)
  problem = judge()
  if (peek) {
    print (is_whole() ? "whole" : "more")
    exit
  }
  if (problem == "" && ending != "" && !is_whole()) problem = ending
  if (envelope != "" && !put(result, envelope "\n")) problem = "cannot write " result
  if (problem == "" && said != "" && !put(answer, said)) problem = "cannot write " answer
  if (problem != "" && !blank(said)) note(said)
  print (problem == "" ? "ok" : clip("error " problem, 300))
  if (problem == "" && is_question(said)) print "question"
  figures()
  if (problem != "") facts()
}

# Takes a line of JSON: there is one object a line, or one object, or one array of them. A text begins in
# the first column and takes one line, or several if its first holds the bracket alone. An unfinished text
# counts as not JSON, and what is not JSON may stand between the others.
# held[1 .. lines] are the lines of a JSON text that is not finished; event and kind its members.
function take(line,    state, again) {
  if (!lines) {
    # The byte order mark of a file.
    if (NR == 1 && substr(line, 1, 3) == "\357\273\277") line = substr(line, 4)
    if (line !~ /^[[{]/) {
      stray(line)
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
  for (i = 1; i <= lines; i++) stray(held[i])
  lines = 0
}

# What is not JSON goes into the log, 1 MB of it; all of it stays in RAW.
function stray(line) {
  line = substr(line, 1, 10000)
  if (complains(line)) complaint = line
  else if (line !~ /^[[{]/ && !blank(line)) last_stray = line
  strays += length(line) + 1
  if (strays < 1000000) note(line)
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

function word_of(value, kind, name, depth) {
  return name in value ? words(value[name], kind[name], depth) : ""
}

function get(array, name) {
  return name in array ? array[name] "" : ""
}

# number_of(VALUE, KIND, NAME): a figure as it was written, also by a CLI that writes numbers as strings; "" for all else, and
# for less than nothing.
function number_of(value, kind, name,    n) {
  if (kind[name] !~ /^(number|string)$/) return ""
  n = value[name] ""
  return n ~ /^(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/ ? n : ""
}

function aside(s) {
  return s == "" ? "" : " (" s ")"
}

# The text of a member for a human: itself, an object's message, or all texts of an array, a few levels down.
function words(text, of, depth,    member, kinds, i, s, all) {
  if (of == "number") return text
  if (of == "string") {
    s = json_text(text)
    sub(/^[ \t\r\n\f\v]+/, "", s)
    return s
  }
  if (of != "object" && of != "array" || depth > 4) return ""
  json_scan(text, member, kinds)
  if (of == "object") return word_of(member, kinds, "message", depth + 1)
  for (i = 1; i in member && i <= 20; i++) {
    s = words(member[i], kinds[i], depth + 1)
    if (s != "") all = all (all == "" ? "" : "; ") s
  }
  return all ""
}

# The text of an error. Some CLIs pass on the API's own words: {"error":{"code":429,"message":"..."}}.
function plainly(s,    member, kinds, code, why) {
  if (s !~ /^[{]/ || json_scan(s, member, kinds) != "object") return s
  if (kinds["error"] == "object" && json_scan(get(member, "error"), member, kinds) == "") return s
  why = word_of(member, kinds, "message")
  code = word_of(member, kinds, "code")
  if (why == "") return s
  return (code ~ /^[1-9][0-9][0-9]$/ ? "API " code ": " : "") why
}

# Sets errors[1 .. error_lines] to the last lines of standard error, and last_words to what they say of a failure.
function read_log(    line, first) {
  if (log_file == "" || peek) return
  while ((getline line < log_file) > 0) {
    errors[++error_lines] = substr(line, 1, 100000)
    if (error_lines - first > 1000) delete errors[++first]
    overhear(line)
  }
  close(log_file)
}

# A line that is not JSON: the last that begins like an error is why there is not an answer, or else the last of
# standard error.
function overhear(line) {
  if (complains(line)) complaint = line
  else if (!blank(line)) last_line = line
}

# Why there is not an answer, of a CLI that did not report it: how it ended and its last words, or else `what`.
function unexplained(what,    why) {
  why = complaint
  if (why == "" && ending != "") why = last_line != "" ? last_line : last_stray
  if (ending ~ /^timed out/) return ending
  if (ending != "") what = ending
  return what (what == "" || why == "" ? "" : ": ") why
}

function figure(name, n) {
  if (n != "") print name " " n
}

function print_count(name, n) {
  if (n != "") printf "%s %.0f\n", name, n
}

# fact(NAME, VALUE): the last of that name counts.
function fact(name, value) {
  if (value != "") known[name] = value
}

function facts(    name) {
  for (name in known) print clip(name " " known[name], 300)
}

function note(line) {
  if (log_file != "" && !peek) print line >> log_file
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
