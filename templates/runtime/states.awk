# The state of every agent: this is the only place that decides it.  make status, summary.md and all commands of
# wavemake read the result.
#
#   FACTS | LC_ALL=C awk -v program=states -f lib.awk dir=DIR manifest=FILE run=RUN now=SECONDS -
#
#   FACTS   what states.sh and vouch.sh find: "held", "restored", "empty", "strange" and an agent; "stale" and a command
#           that make would run; "fits" or "unfit" and an agent whose answer's times cannot be trusted;
#           "odd" and ./PATH, an input that is a FIFO or the like; a checksum and an output.md; the path of an existing file
#   RUN     the run whose reused agents are distinguished from those done earlier; by default the last
#
# Prints a line of JSON for each agent, in the order of the manifest; what is empty or not so is left out.

# All states, in the order in which they are counted.  An agent is
#   good   the answer can be used
#   stuck  it has a reason of its own for having no answer: what needs it is blocked by it
#   bad    a person has to look at it
#   person it waits for a person, to approve or to answer: this is not a failure
# A state that is not listed here, for example of a later version, is stuck.
BEGIN {
  known_state("done", "good")
  known_state("reused", "good")
  known_state("pinned", "good")
  known_state("up to date", "good")
  known_state("skipped", "good")
  known_state("out of date", "")
  known_state("running", "")
  known_state("limited", "")
  known_state("failed", "stuck bad")
  known_state("conflict", "stuck bad")
  known_state("blocked", "bad")
  known_state("waiting", "stuck bad person")
  known_state("asked", "stuck bad person")
  known_state("over budget", "stuck bad")
  known_state("interrupted", "stuck bad")
  known_state("not run", "")
}

function known_state(word, is) {
  all_states[++state_count] = word
  state_is[word] = " " is " "
}

function is_good(name) { return index(state_is[state[name]], " good ") > 0 }

function waits_for_person(name) { return index(state_is[state[name]], " person ") > 0 }

# An agent that keeps others from running has a reason of its own.
function is_stuck(name) {
  if (!(state[name] in state_is)) return 1
  return index(state_is[state[name]], " stuck ") > 0 || state[name] == "not run" && why[name] != ""
}

# --- the facts ---------------------------------------------------------------

program ~ /^(states|summary)$/ { take_fact($1, $2); next }

function take_fact(word, name) {
  if (word ~ /^\.\//) there[substr($0, 3)]
  else if (word == "stale") commands[++command_count] = $0
  else if (word == "fits") { fits_key[name]; audited = 1 }
  else if (word == "unfit") { unfit[name]; audited = 1 }
  else if (word == "held") held[name]
  else if (word == "restored") put_back[++restored] = name
  else if (word == "odd") odd_file[substr($0, 7)]
  else if (word == "strange") strange[agent_in(name)]
  else if (word == "empty") empty[agent_in(name)]
  else if (word ~ /^[0-9a-f]+$/ && length(word) == 64) checksum[agent_in(name)] = word
}

# agent_in PATH: the agent whose folder ./AGENT/FILE is in; a digest's name begins with a star in its binary mode.
function agent_in(path) {
  sub(/^\*?\.\//, "", path)
  return substr(path, 1, index(path, "/") - 1)
}

function has(name, file) { return (name "/" file) in there }

END { if (program == "states") print_states() }

function print_states(    i) {
  find_states()
  for (i = 1; i <= count; i++) print state_line(names[i])
}

# find_states: fills names[1 .. count], and for each of them state, why, blocked_by, status_line (its status.json) and more.
function find_states(    line) {
  if (("events.jsonl") in there) read_events(dir "/events.jsonl")
  if (manifest == "") manifest = dir "/manifest.json"
  while ((getline line < manifest) > 0) {
    if (line ~ /^ *\{"name":"/) {
      if (line ~ /"listed_by":"/) decide_cells(word_in(line, "name"))
      decide(line)
    }
    else if (line ~ /^ *"project":/) project = string_in(line, "project")
    else if (line ~ /^ *"folder":/) {
      find_root(string_in(line, "folder"))
      find_stale(string_in(line, "folder"))
    }
  }
  close(manifest)
}

# decide_cells NAME: the cells that a run has made are decided before their agent, like its other prerequisites.
function decide_cells(name,    line, file) {
  file = dir "/" name "/cells.json"
  while ((getline line < file) > 0) if (line ~ /^\{"name":"/) {
    cells_of[name] = cells_of[name] word_in(line, "name") ","
    decide(line)
  }
  close(file)
}

# Only events show what a run reused: a reused agent keeps the status of the run that made the answer.  If
# no run is named, it is the last that began or in which an agent ended.
function read_events(file,    line, latest, name) {
  while ((getline line < file) > 0) {
    if (run != "" && word_in(line, "run") != run || !match(line, /"event": *"(run|start|end)"/)) continue
    name = word_in(line, "agent")
    if (line ~ /"event": *"start"/) {
      if (!(name in begun) || word_in(begun[name], "run") != word_in(line, "run")) began_at[name] = number_in(line, "t")
      begun[name] = line
      continue
    }
    if (word_in(line, "run") != latest) split("", in_run)
    latest = word_in(line, "run")
    if (name == "") continue
    in_run[name] = word_in(line, "state")
    end_line[name] = line
    delete begun[name]
  }
  close(file)
  if (run == "") run = latest
}

# --- one agent ---------------------------------------------------------------

function decide(line,    name) {
  name = word_in(line, "name")
  names[++count] = name
  group[name] = word_in(line, "group")
  wave[name] = number_in(line, "wave")
  output_there[name] = has(name, "output.md")
  status_line[name] = has(name, "status.json") ? status_in(dir "/" name "/status.json") : ""
  if (word_in(status_line[name], "state") ~ /^(failed|asked)$/ && is_repaired(name)) repaired[name]
  # If it could not be written, the event has it.
  if ((name in in_run) && in_run[name] !~ /^(done|reused|pinned)$/ && word_in(status_line[name], "run") != run && \
    !(in_run[name] ~ /^(waiting|asked)$/ && word_in(status_line[name], "state") == in_run[name]))
    status_line[name] = end_line[name]
  is_pinned[name] = has(name, "pinned")
  is_begun[name] = name in begun && word_in(begun[name], "run") != word_in(status_line[name], "run")
  is_edited[name] = output_there[name] && !(name in empty) && has(name, "key") && edited(name)
  state[name] = state_of(name, word_in(status_line[name], "state"))
  why[name] = why_of(name)
  seconds[name] = seconds_of(name)
  look_for_lack(name, missing_file(line))
  look_upstream(name, line)
  if (is_looked_at(name, line) && !(name in unsettled) && is_good(name) && state[name] != "pinned") {
    state[name] = "out of date"
    why[name] = output_there[name] ? "older than what it is made from" : "its output.md is missing"
  }
  # An agent with cells has their states.
  if (!(name in cells_of)) { tally[state[name]]++; counted_agents++ }
}

# is_looked_at: would make look at it after an audit has set the times of answers?
function is_looked_at(name, line,    need, n, i) {
  if (name in unfit || (name in stale) && (!(name in fits_key) || list_in(line, "when") != "")) looked[name]
  n = audited ? split(list_in(line, "needs"), need, "[\",]+") : 0
  for (i = 1; i <= n; i++) if (need[i] in looked) looked[name]
  return name in looked
}

# status_in FILE: its two lines, as one; earlier versions wrote one.
function status_in(file,    line, text) {
  text = ""
  if ((getline line < file) > 0) text = line
  if ((getline line < file) > 0) text = text line
  close(file)
  return text
}

# state_of: what the agent's own files say; `said` is the state in its status.json.
function state_of(name, said) {
  if (is_pinned[name] && output_there[name] && !(name in empty)) return "pinned"
  if (said == "limited") return name in held ? "limited" : "interrupted"
  if (is_begun[name]) return name in held ? "running" : "interrupted"
  if (said == "") said = output_there[name] ? "done" : "not run"
  if (said == "pinned" || said ~ /^(failed|asked)$/ && (name in repaired)) said = "done"
  if (said != "done" && said != "reused") return said
  if (run != "" && !(name in in_run)) return "up to date"
  return in_run[name] == "reused" ? "reused" : said
}

# is_repaired: did a person write the output of an agent that had failed, or asked?
function is_repaired(name,    inside) {
  inside = dir "/" name
  # All shells have -ot, and POSIX since 2024.
  return output_there[name] && system("[ ! " quoted_word(inside "/output.md") " -ot " quoted_word(inside "/status.json") " ]") == 0
}

function why_of(name) {
  if (state[name] == "pinned") return "pinned by hand"
  if (state[name] ~ /^(done|reused|up to date)$/ && has(name, "undone")) return "its edits are out of the project"
  if (state[name] ~ /^(done|reused|up to date|running)$/) return ""
  if (state[name] == "interrupted" && is_begun[name]) return "killed: no exit status recorded"
  return string_in(status_line[name], "reason")
}

# seconds_of: how long it took, or, of one that is running, has taken.
function seconds_of(name) {
  # The time of now may be in whole seconds.
  if (state[name] == "running" && now != "" && now < began_at[name] && began_at[name] - now < 2) return "0.0"
  if (state[name] == "running") return now == "" || now < began_at[name] ? "" : sprintf("%.1f", now - began_at[name])
  return is_begun[name] ? "" : number_in(status_line[name], "seconds")
}

# look_for_lack NAME FILE: FILE is an input that is missing.
function look_for_lack(name, file) {
  if (state[name] == "running") return
  if (file != "" && !(name in in_run)) {
    unmade[name]
    state[name] = "not run"
    why[name] = "reads " file ", which " (file in odd_file ? "is not a regular file" : "does not exist")
  } else if (name in empty && is_good(name)) {
    state[name] = "not run"
    why[name] = "its output.md is empty: to have it made again, rm -f " dir "/" name "/output.md"
  } else if (name in strange && is_good(name)) {
    state[name] = "not run"
    why[name] = "its output.md is not a regular file: to have it made again, rm -rf " dir "/" name "/output.md"
  }
}

# look_upstream: is the agent blocked by one of those that it needs?  If not, and it went on without one, the pending
# work of that one does not make it out of date.
function look_upstream(name, line,    tolerant, need, n, i, by) {
  if (is_stuck(name) || state[name] == "running") return
  tolerant = word_in(line, "on_failure") == "continue"
  n = split(list_in(line, "needs") "," (name in cells_of ? cells_of[name] : ""), need, "[\",]+")
  for (i = 1; i <= n; i++) if (need[i] != "") {
    by = is_stuck(need[i]) ? need[i] : blocked_by[need[i]]
    if (by != "") inherit(name, by, tolerant)
    if (need[i] in unsettled || by == need[i] || state[need[i]] == "blocked") unsettled[name]
  }
  if (state[name] == "blocked" && blocked_by[name] == "") {
    state[name] = "not run" # the agent that blocked it is done by now
    why[name] = ""
  }
}

# An agent is blocked by the agents that failed somewhere before it, not by those that they blocked.  Even a tolerant
# agent does not go on without one that make cannot run, or whose question has no answer: that is not a failure.
function inherit(name, whom, tolerant,    n, i, by) {
  n = split(whom, by, ", ")
  for (i = 1; i <= n; i++) {
    if (tolerant && !(by[i] in unmade) && state[by[i]] != "asked") continue
    state[name] = "blocked"
    why[name] = ""
    if (!index(", " blocked_by[name] ", ", ", " by[i] ", "))
      blocked_by[name] = blocked_by[name] (blocked_by[name] == "" ? "" : ", ") by[i]
  }
}

function edited(name,    line, file, paid) {
  file = dir "/" name "/key"
  while ((getline line < file) > 0) if (line ~ /^output /) paid = substr(line, 8)
  close(file)
  return paid != "" && paid != checksum[name]
}

# Sets `root` to the project's folder, from where files are named, if it is the one in which it was compiled.
function find_root(folder,    n) {
  n = length(dir) - length(folder)
  if (substr(dir, n + 1) == folder) root = n > 0 ? substr(dir, 1, n) : "./"
}

# find_stale FOLDER: an agent's command ends in FOLDER TOTAL WAVE AGENT, and perhaps a word more.
function find_stale(folder,    i, at, rest, word) {
  for (i = 1; i <= command_count; i++) {
    rest = commands[i]
    while ((at = index(rest, " " folder " "))) rest = substr(rest, at + length(folder) + 2)
    if (split(rest, word, " ") < 4 || word[4] != "outcome") stale[word[3]]
  }
}

# The first missing input file of an agent that no agent writes.
function missing_file(line,    path, n, i) {
  n = paths_in(line, "outputs", path)
  for (i = 1; i <= n; i++) to_write[path[i]]
  n = root == "" ? 0 : paths_in(line, "files", path)
  for (i = 1; i <= n; i++) {
    if (path[i] in odd_file) return path[i]
    if (!(path[i] in is_found)) {
      is_found[path[i]] = (getline line < (root path[i])) >= 0
      close(root path[i])
    }
    if (!is_found[path[i]] && !(path[i] in to_write)) return path[i]
  }
  return ""
}

# --- a line of JSON ------------------------------------------------------------

function state_line(name,    by, s) {
  by = blocked_by[name]
  gsub(/, /, "\",\"", by)
  s = status_line[name]
  return "{\"name\":\"" name "\"" text_member("state", state[name]) text_member("reason", why[name]) \
    (by == "" ? "" : ",\"blocked_by\":[\"" by "\"]") \
    number_member("seconds", seconds[name]) (is_begun[name] ? begun_members(name) : status_members(s)) \
    truth_member("output", output_there[name]) truth_member("edited", is_edited[name]) \
    truth_member("pinned", is_pinned[name]) truth_member("lists_files", has(name, "files.json")) "}"
}

# The status.json of an agent that has begun and not reported its end is of an earlier run.
function begun_members(name) {
  return number_member("started", began_at[name]) number_member("attempts", number_in(begun[name], "attempt"))
}

function status_members(s,    i, members) {
  if (!number_count)
    number_count = split("started ended attempts cost tokens_in tokens_out cache_read cache_write cache_saved turns", number_key, " ")
  for (i = 1; i <= number_count; i++)
    if (index(s, "\"" number_key[i] "\":")) members = members number_member(number_key[i], number_in(s, number_key[i]))
  return members text_member("session", string_in(s, "session")) text_member("runner", string_in(s, "runner"))
}

# number_member KEY NUMBER: nothing if it is not a number, for example in a damaged file.
function number_member(key, number) {
  return number ~ /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/ ? ",\"" key "\":" number : ""
}

function text_member(key, text) { return text == "" ? "" : ",\"" key "\":" json_quote(text) }

# truth_member KEY YES: nothing if it is not so.
function truth_member(key, yes) { return yes ? ",\"" key "\":true" : "" }

# --- the lines of JSON that compile and agent.sh write ---------------------------

function number_in(line, key,    s) {
  for (s = after_key(line, key); s != ""; s = after_key(s, key)) if (match(s, /^[0-9.eE+-]+/)) return substr(s, 1, RLENGTH)
  return ""
}

function word_in(line, key) { return enclosed_in(line, key, "\"", "\"") }

function list_in(line, key) { return enclosed_in(line, key, "[", "]") }

# enclosed_in LINE KEY OPEN CLOSE: what stands between the two after the key.
function enclosed_in(line, key, open, close_,    s, n) {
  for (s = after_key(line, key); s != ""; s = after_key(s, key))
    if (substr(s, 1, 1) == open && (n = index(substr(s, 2), close_))) return substr(s, 2, n - 1)
  return ""
}

# after_key LINE KEY: what follows the first `"KEY":` and blanks; a regular expression that differs from call to call
# would be compiled at each.
function after_key(line, key,    at) {
  if (!(at = index(line, "\"" key "\":"))) return ""
  line = substr(line, at + length(key) + 3)
  if (substr(line, 1, 1) == " ") sub(/^ +/, "", line)
  return line
}

# paths_in LINE KEY PATH: fills PATH with the texts of a list, and returns their number.
function paths_in(line, key, path,    list, part, kind, n, i) {
  if (!(n = index(line, "\"" key "\":[\""))) return 0
  list = substr(line, n + length(key) + 3)
  list = substr(list, 1, index(list, "],\""))
  if (index(list, "\\")) json_scan(list, part, kind)
  else {
    n = split(list, path, "\"")
    for (i = 2; i < n; i += 2) part[i / 2] = path[i]
  }
  split("", path)
  for (n = 0; (n + 1) in part; n++) path[n + 1] = json_text(part[n + 1])
  return n
}

function string_in(line, key,    rest) {
  for (rest = after_key(line, key); rest != "" && substr(rest, 1, 1) != "\""; rest = after_key(rest, key));
  rest = substr(rest, 2)
  if (rest == "" || !match(rest, /^([^"\\]|\\.)*"/)) return ""
  return json_text(substr(rest, 1, RLENGTH - 1))
}
