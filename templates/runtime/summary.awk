# Tells what became of every agent: summary.md into the file `out`, the short of it to the terminal.
#
#   { sha256sum of each output.md; "mended AGENT" and "made AGENT" lines; "stale" and a command of make's } |
#     awk -v program=summary -f lib.awk dir=DIR run=RUN quiet= show= colour= out=FILE -

program == "summary" && $1 == "mended" { mended[$2] = 1; next }
program == "summary" && $1 == "stale" { command[++commands] = $0; next }
program == "summary" && $1 == "held" { held[$2]; next }
program == "summary" && $1 == "made" { made[++makers] = $2; next }
program == "summary" { name = $2; sub(/^\*?\.\//, "", name); sub(/\/output\.md$/, "", name); checksum[name] = $1 }

END { if (program == "summary") sum_up() }

function sum_up(    line) {
  read_events(dir "/events.jsonl")
  while ((getline line < (dir "/manifest.json")) > 0) {
    if (line ~ /^ *\{"name":"/) judge_agent(line)
    else if (line ~ /^ *"project":/) project = string_in(line, "project")
    else if (line ~ /^ *"folder":/) {
      find_root(string_in(line, "folder"))
      find_stale(string_in(line, "folder"))
    }
  }
  write_summary()
  if (show == "status") show_all()
  else if (!quiet && show == "") show_short()
}

# --- one agent ---------------------------------------------------------------

function judge_agent(line,    name, status) {
  name = word_in(line, "name")
  names[++count] = name
  wave[name] = number_in(line, "wave")
  status = last_status(name)
  state[name] = told_state(name, status)
  why[name] = told_reason(name, status)
  seconds[name] = number_in(status, "seconds")
  add_up(name, status)
  look_for_lack(name, missing_file(line))
  look_before(name, line)
  if ((name in stale) && !(name in unsettled) && state[name] ~ good && state[name] != "pinned") {
    state[name] = "out of date"
    why[name] = name in checksum ? "older than what it is made from" : "its output.md is not there"
  }
  if (name in checksum && checksum[name] != empty && edited(name)) hand[++hands] = name
  tally[state[name]]++
}

function last_status(name,    file, status) {
  file = dir "/" name "/status.json"
  if ((getline status < file) <= 0) status = ""
  close(file)
  # Where it could not be written, the event tells.
  if (name in in_run && in_run[name] !~ /^(done|reused|pinned)$/ && word_in(status, "run") != run) return end_line[name]
  return status
}

# told_state: what the agent's own files say.
function told_state(name, status,    told) {
  if (is_there(name, "pinned") && checksum[name] != empty) return "pinned"
  if (name in begun && word_in(begun[name], "run") != word_in(status, "run"))
    return name in held ? "running" : "interrupted"
  told = word_in(status, "state")
  if (told == "") told = name in checksum ? "done" : "not run"
  if (told == "pinned" || told == "failed" && (name in mended)) told = "done"
  if (told != "done") return told
  if (run != "" && !(name in in_run)) return "up to date"
  return name in in_run && in_run[name] == "reused" ? "reused" : "done"
}

function is_there(name, file,    line, found) {
  if (!(name in checksum)) return 0
  file = dir "/" name "/" file
  found = (getline line < file) >= 0
  close(file)
  return found
}

function told_reason(name, status) {
  if (state[name] == "pinned") return "pinned by hand"
  if (state[name] ~ /^(done|reused|up to date|running)$/) return ""
  if (state[name] == "interrupted" && word_in(status, "state") != "interrupted")
    return "killed: nothing was told of its end"
  return string_in(status, "reason")
}

# look_for_lack NAME FILE: FILE is one that it reads, and that is not there.
function look_for_lack(name, file) {
  if (file != "" && !(name in in_run)) {
    unmade[name]
    state[name] = "not run"
    why[name] = "reads " file ", which is not there"
  } else if (name in checksum && checksum[name] == empty && state[name] ~ good) {
    state[name] = "not run"
    why[name] = "its output.md is empty: to have it made again, rm -f " dir "/" name "/output.md"
  }
}

# look_before: is the agent blocked by one of those that it needs?  If not, and it went on without one, it is not
# called out of date for what make will do with that one.
function look_before(name, line,    tolerant, need, n, i) {
  if (is_stuck(name) || state[name] == "running") return
  tolerant = word_in(line, "on_failure") == "continue"
  n = split(list_in(line, "needs"), need, "[\",]+")
  for (i = 1; i <= n; i++) if (need[i] != "") {
    inherit(name, need[i], tolerant)
    if (need[i] in unsettled || is_stuck(need[i]) || state[need[i]] == "blocked") unsettled[name]
  }
  if (state[name] == "blocked" && blocked_by[name] == "") {
    state[name] = "not run" # what blocked it is done by now
    why[name] = ""
  }
}

# An agent is blocked by the agents that failed somewhere before it, not by those that they blocked.  Nobody, however
# tolerant, goes on without one that make cannot run.
function inherit(name, need, tolerant,    n, i, by) {
  n = split(is_stuck(need) ? need : blocked_by[need], by, ", ")
  for (i = 1; i <= n; i++) {
    if (tolerant && !(by[i] in unmade)) continue
    state[name] = "blocked"
    why[name] = ""
    if (!index(", " blocked_by[name] ", ", ", " by[i] ", "))
      blocked_by[name] = blocked_by[name] (blocked_by[name] == "" ? "" : ", ") by[i]
  }
}

# What keeps others from running has a reason of its own.
function is_stuck(name) { return state[name] ~ stuck || state[name] == "not run" && why[name] != "" }

# Sets `root` to the project's folder, from where files are named, if it is the one in which it was compiled.
function find_root(folder,    n) {
  n = length(dir) - length(folder)
  if (substr(dir, n + 1) == folder) root = n > 0 ? substr(dir, 1, n) : "./"
}

# find_stale FOLDER: an agent's command ends in FOLDER TOTAL WAVE AGENT, and perhaps a word more.
function find_stale(folder,    i, at, rest, word) {
  for (i = 1; i <= commands; i++) {
    rest = command[i]
    while ((at = index(rest, " " folder " "))) rest = substr(rest, at + length(folder) + 2)
    if (split(rest, word, " ") < 4 || word[4] != "told") stale[word[3]]
  }
}

# The first of the files that an agent reads that is not there, and that no agent is to write.
function missing_file(line,    path, n, i) {
  n = paths_in(line, "outputs", path)
  for (i = 1; i <= n; i++) to_write[path[i]]
  n = root == "" ? 0 : paths_in(line, "files", path)
  for (i = 1; i <= n; i++) {
    if (!(path[i] in there)) {
      there[path[i]] = (getline line < (root path[i])) >= 0
      close(root path[i])
    }
    if (!there[path[i]] && !(path[i] in to_write)) return path[i]
  }
  return ""
}

# --- what is shown -----------------------------------------------------------

function write_summary(    i) {
  write_head("# Summary" (project == "" ? "" : ": " cell(project)))
  for (i = 1; i <= count; i++) print row(names[i]) > out
  if (hands) print "\nEdited by hand, and used as they are:\n" > out
  for (i = 1; i <= hands; i++) print "- [" hand[i] "/output.md](" hand[i] "/output.md)" > out
  for (i = 1; i <= makers; i++) list_made(made[i])
  if (close(out) != 0) exit 1
}

# What the agent says that it made, in its files.json.
function list_made(name,    file, line, text, item, kind, member, kinds, n) {
  file = dir "/" name "/files.json"
  while ((getline line < file) > 0) text = text line "\n"
  close(file)
  if (json_scan(text, item, kind) != "array" || !(1 in item)) return
  print "\nMade by " name ":\n" > out
  for (n = 1; n in item; n++) {
    if (kind[n] == "string") print "- " cell(json_text(item[n])) > out
    else if (kind[n] == "object" && json_scan(item[n], member, kinds) != "" && kinds["path"] == "string")
      print "- " cell(json_text(member["path"])) > out
  }
}

function show_short(    i, name, listed, red, plain) {
  red = colour ? "\033[31m" : ""
  plain = colour ? "\033[0m" : ""
  print "wavemake: " counts()
  for (i = 1; i <= count && listed < 20; i++) {
    name = names[i]
    if (is_stuck(name)) {
      print "  " red state[name] plain " " name ": " printable(why[name])
      listed++
    } else if (state[name] == "blocked") {
      print "  blocked " name (blocked_by[name] == "" ? "" : " by " blocked_by[name])
      listed++
    }
  }
  if (listed == 20) print "  ..."
  for (i = 1; i <= hands && i <= 20; i++) print "  edited by hand: " dir "/" hand[i] "/output.md"
  if (tellers) print "wavemake: " bill()
  print "wavemake: " dir "/summary.md"
}

function show_all(    i, name, remark) {
  for (i = 1; i <= count; i++) {
    name = names[i]
    remark = state[name] == "blocked" && blocked_by[name] != "" ? "by " blocked_by[name] : printable(why[name])
    print "wave " wave[name] "  " padded(state[name], 11) "  " name (remark == "" ? "" : ": " remark)
  }
  print counts()
}

function padded(s, width) {
  while (length(s) < width) s = s " "
  return s
}

# --- the lines of JSON that compile writes ---

function list_in(line, key) {
  if (!match(line, "\"" key "\":\\[[^]]*\\]")) return ""
  return substr(line, RSTART + length(key) + 4, RLENGTH - length(key) - 5)
}

# paths_in LINE KEY PATH: fills PATH with the texts of a list, and returns their number.
function paths_in(line, key, path,    list, part, kind, n, i) {
  if (!match(line, "\"" key "\":\\[\"")) return 0
  list = substr(line, RSTART + length(key) + 3)
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
  if (!match(line, "\"" key "\": *\"")) return ""
  rest = substr(line, RSTART + RLENGTH)
  if (!match(rest, /^([^"\\]|\\.)*"/)) return ""
  return json_text(substr(rest, 1, RLENGTH - 1))
}
