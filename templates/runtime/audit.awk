# Compares the inputs in the keys of answers with the present files.
#
#   awk -v program=audit -v dir=DIR -v out=FOLDER -v digest=COMMAND -v doubt=WHAT -f audit.awk [ODD] [CELLS...] DIR/manifest.json [CHANGED]
#
#   FOLDER   a scratch folder, for what is printed and for the bodies of tasks
#   WHAT     all: every agent is judged
#   CELLS    the cells that runs have made, as in DIR/AGENT/cells.json
#   ODD      FOLDER/odd, the files that must not be read, ./PATH a line
#   CHANGED  FOLDER/changed, a path a line, relative to the project: only agents that depend on one of these, or wrote
# one, are judged
#
# Prints a line for each agent judged: `fresh AGENT`, `stale AGENT`, `kept AGENT` (no key says what it was made from) or
# `conflict AGENT FILE`.  An agent without an answer is not judged.  Unless every agent is, FOLDER/sources has a block for
# each fresh one, in the order of the waves: its name, then the files that it is made from, then an empty line.
#
# Answers are compared with the lines that `make_key` writes: the two have to change together.

program == "audit" && FILENAME == out "/changed" { changed[$0]; next }
# This is not a checksum: an answer that was made from such a file does not fit its key.
program == "audit" && FILENAME == out "/odd" { sum_of[$0] = "odd"; next }
program == "audit" && /^ *\{"name":"/ {
  name = substr($0, index($0, "\"name\":\"") + 8)
  names[++count] = name = substr(name, 1, index(name, "\"") - 1)
  if (FILENAME ~ /\/cells\.json$/) cells_in[word_in($0, "group")] = cells_in[word_in($0, "group")] name "\n"
  if (index($0, "\"outputs\":[]") && index($0, "\"on_failure\":\"block\"") && !index($0, "\"approve\":\"after\"")) simple[name]
  if (index($0, "\"listed_by\":\"")) stages++
  if (!index($0, "\"on_failure\":\"block\"")) tolerated_ones++
  if (doubt != "all") manifest_line[count] = $0
  # Without this, awk tries the rules of the other programs on each line of a large plan.
  next
}

END { if (program == "audit") audit() }

function audit(    i, first) {
  if (doubt != "all") pick()
  first = can_glance()
  for (i = 1; i <= count; i++)
    if ((doubt == "all" || (i in picked)) && !(first && (names[i] in simple) && glance(names[i]))) examine(names[i])
  find_tolerated()
  take_sums()
  for (i = 1; i <= count; i++) if (names[i] in found) audit_agent(names[i])
  for (i in edited_paths) print i > (out "/edits")
}

# --- which agents ---------------------------------------------------------------

# pick: the agents for which something has changed: their own files, their inputs, or files that they wrote.
function pick(    i, path, name, quoted) {
  for (path in changed) {
    if (index(path, "./" dir "/") == 1) {
      name = substr(path, length(dir) + 4)
      sub(/\/.*/, "", name)
      moved[name]
    } else {
      quoted = substr(path, 3)
      gsub(/\\/, "\\\\", quoted)
      gsub(/"/, "\\\"", quoted)
      mention["\"" quoted "\""]
    }
  }
  read_edits()
  for (i = 1; i <= edits; i++) if (("./" edit_path[i]) in changed) moved[edit_agent[i]]
  for (i = 1; i <= count; i++) {
    if ((names[i] in moved) || mentions(manifest_line[i]) || names[i] in has_moved_cell) picked[i]
    if (i in picked) has_moved_cell[word_in(manifest_line[i], "group")]
  }
  split("", manifest_line)
}

function mentions(line,    text, name) {
  for (text in mention) if (index(line, text)) return 1
  if (!match(line, /"needs":\[[^]]*\]/)) return 0
  line = substr(line, RSTART, RLENGTH)
  for (name in moved) if (index(line, "\"" name "\"")) return 1
  return 0
}

# read_edits: agents' edits of files that others read, from all keys; only some have any.
function read_edits(    command, line, n) {
  if (edits_are_read++) return
  command = "find " shell_word(dir) " -name key -exec grep '^edit ' /dev/null {} + 2>/dev/null"
  while ((command | getline line) > 0) {
    edits++
    edit_agent[edits] = substr(line, length(dir) + 2)
    sub(/\/key:edit .*/, "", edit_agent[edits])
    sub(/^[^:]*:edit /, "", line)
    n = split(line, part, " ")
    edit_after[edits] = part[n]
    edit_before[edits] = part[n - 1]
    edit_path[edits] = substr(line, 1, length(line) - length(part[n]) - length(part[n - 1]) - 2)
  }
  close(command)
}

# --- what an agent's files say ----------------------------------------------------

# examine NAME: sets `found` to a verdict that is known without a checksum, or to nothing.
function examine(name,    me) {
  me = dir "/" name
  if (!stages && (name in simple) && read_key(name, me "/key") >= 0 && pair_by_key(name) && is_settled(me "/status.json") && first_line(me "/pinned") < 0) {
    by_key[name]
    found[name] = ""
    want(me "/output.md")
    want(me "/task.md")
    want_made(name)
  } else examine_head(name, me)
}

# pair_by_key NAME: for an agent without outputs and the like, in a plan without cells that a run makes, the key has all
# that the head of task.md says, if the key has the checksum of that file.  Notes which checksums have to be equal;
# returns 0 if that is not enough.
function pair_by_key(name,    line, n, i, word, m, sum, path, agent, task) {
  if (task_file[name] == "" || conflicted[name] != "" || skipped[name]) return 0
  n = split(inputs, line, "\n") - 1
  paths = needs = pairs[name] = ""
  for (i = 1; i <= n; i++) {
    if (!task) {
      if (substr(line[i], 1, 5) == "task ") { task = 1; body[name] = substr(line[i], 6) }
      continue
    }
    m = split(line[i], word, " ")
    if (word[1] == "cut" || line[i] == "by path") continue
    sum = word[m]
    agent = word[2]
    if (sum == "failed") return 0
    if (word[1] == "read" && substr(agent, 1, 2) == "./") {
      path = substr(line[i], 6, length(line[i]) - length(sum) - 6)
      agent = ""
    } else if (m == 3 && (word[1] == "read" || word[1] == "after")) path = dir "/" agent "/output.md"
    else return 0
    pairs[name] = pairs[name] path "\t" sum "\t" agent "\n"
    paths = paths path "\n"
    if (agent != "") needs = needs agent " "
    want(path)
  }
  sources[name] = dir "/" name "/task.md\n" paths
  needed[name] = needs
  own[name] = ""
  return task
}

function examine_head(name, me) {
  delete by_key[name]
  delete found[name]
  if (first_line(me "/output.md") <= 0) return
  found[name] = first_line(me "/pinned") >= 0 ? "pinned" : ""
  read_head(name, me "/task.md")
  if (found[name] != "") return
  if (!complete) found[name] = "stale"
  else if (read_key(name, me "/key") < 0) found[name] = "kept"
  else if (conflicted[name]) found[name] = "conflict"
  else if (inputs == "" || key_checks != checks && !skipped[name] || !is_settled(me "/status.json")) found[name] = "stale"
  else if (approve && !is_approved(me "/approved")) found[name] = "stale"
  else if (!pair_up(name)) found[name] = "stale"
  if (found[name] ~ /^(kept|conflict)?$/) want(me "/output.md")
  if (found[name] == "") { want_body(name, me "/task.md"); want_made(name) }
  close(me "/task.md")
}

# first_line FILE: sets `text` to it; is there one?
function first_line(file,    ok) {
  text = ""
  ok = (getline text < file)
  close(file)
  return ok
}

# An answer that was accepted, or of which only the files in git exist.
function is_settled(file) { return first_line(file) <= 0 || text ~ /"state":"(done|pinned|reused|skipped)"/ }

# read_head NAME FILE: leaves FILE open at its body.
function read_head(name, file,    line, word, rest, i) {
  settings = labels = paths = outputs = checks = needs = portion = ""
  split("", has_cells)
  approve = tolerant = complete = 0
  while (!complete && (getline line < file) > 0) {
    i = index(line " ", " ")
    word = substr(line, 1, i - 1)
    rest = substr(line, i + 1)
    if (line == "---") complete = 1
    else if (word == "cut" || word == "by") portion = line
    else if (word ~ /^(runner|model|arg|command|with)$/) settings = settings line "\n"
    else if (word == "cells") has_cells[rest]
    else if (word == "after") add_labels("after", "after", "output.md", rest)
    else if (word == "read" && rest ~ /^agent /) add_labels("read", "read agent", "output.md", substr(rest, 7))
    else if (word == "read" && rest ~ /^diff /) add_labels("read diff", "read diff", "changes.patch", substr(rest, 6))
    else if (word == "read") add_label("read ./" substr(rest, 6), "./" substr(rest, 6), "")
    else if (word == "output") outputs = outputs rest "\n"
    else if (word == "check") checks = checks line "\n"
    else if (word == "approve") approve = rest == "after"
    else if (word == "tolerant") tolerant = 1
  }
  sources[name] = dir "/" name "/task.md\n" paths
  needed[name] = needs
  if (tolerant) goes_on[name]
  own[name] = outputs
}

# add_labels WORD WORDS FILE AGENT: an agent, or the cells that a run has made of it.
function add_labels(word, words, file, agent,    how, line, made_cell, n) {
  how = portion
  if (agent in has_cells) {
    while ((getline line < (dir "/" agent "/output.md")) > 0) {
      if (index(line, "- [" agent "-") != 1) continue
      made_cell = substr(line, 4, index(line, "](") - 4)
      portion = how
      add_label(word " " made_cell, dir "/" made_cell "/" file, made_cell)
      n++
    }
    close(dir "/" agent "/output.md")
    portion = ""
    if (n || first_line(dir "/" agent "/output.md") > 0) return
    portion = how
  }
  add_label(word " " agent, dir "/" agent "/" file, agent)
}

function add_label(label, path, agent) {
  if (portion != "") labels = labels portion "\n"
  portion = ""
  labels = labels label "\t" path "\t" agent "\n"
  paths = paths path "\n"
  if (agent != "") needs = needs agent " "
}

# read_key NAME FILE: `inputs` is what the answer was made from; the rest is its result.
function read_key(name, file,    line, ok, past, word) {
  inputs = key_checks = output_line = ""
  made[name] = task_file[name] = ""
  while ((ok = (getline line < file)) > 0) {
    # Of 10,000 keys, comparing words takes half as long as matching lines.
    word = substr(line, 1, index(line " ", " ") - 1)
    if (word == "<<<<<<<" || word == ">>>>>>>") conflicted[name] = "key"
    if (word == "output") {
      past = 1
      paid[name] = substr(line, 8)
      output_line = line
    } else if (!past) inputs = inputs line "\n"
    else if (word == "check") key_checks = key_checks line "\n"
    else if (word == "skipped" || word == "carried") skipped[name] = 1
    else if (word == "made") made[name] = made[name] made_as_edit(substr(line, 6)) "\n"
    else if (word == "edit") {
      made[name] = made[name] substr(line, 6) "\n"
      sub(/ [^ ]* [^ ]*$/, "", line)
      edited_paths["./" substr(line, 6)]
    }
    else if (word == "task-file") task_file[name] = substr(line, 11)
  }
  close(file)
  return ok
}

# A file that did not exist before counts as gone if it is missing.
function made_as_edit(line,    after) {
  after = line
  sub(/.* /, "", after)
  return substr(line, 1, length(line) - length(after)) "- " after
}

# is_approved FILE: is it this answer to this input?
function is_approved(file,    line, all_of_it) {
  while ((getline line < file) > 0) all_of_it = all_of_it line "\n"
  close(file)
  return all_of_it == inputs output_line "\n"
}

# pair_up NAME: does its key have the lines that it would have now?  Notes which checksums have to be equal.
function pair_up(name,    now, then, n, m, i, field, sum) {
  if (substr(inputs, 1, length(settings) + 5) != settings "task ") return 0
  n = labels == "" ? 0 : split(labels, now, "\n") - 1
  m = split(substr(inputs, length(settings) + 1), then, "\n") - 2
  if (n != m) return 0
  body[name] = substr(then[1], 6)
  pairs[name] = ""
  for (i = 1; i <= n; i++) {
    split(now[i], field, "\t")
    sum = then[i + 1]
    if (field[2] == "") {
      if (sum != now[i]) return 0
      continue
    }
    if (substr(sum, 1, length(field[1]) + 1) != field[1] " ") return 0
    sum = substr(sum, length(field[1]) + 2)
    pairs[name] = pairs[name] field[2] "\t" sum "\t" field[3] "\n"
    want(field[2])
  }
  return 1
}

# --- checksums --------------------------------------------------------------------

function want(path) {
  if (path in sum_of) return
  sum_of[path] = ""
  wanted[++wanting] = path
}

# want_body NAME FILE: the key knows the checksum of the task alone, without the head of its file.  If it also has the
# checksum of the file, that is enough.
function want_body(name, file,    line) {
  if (task_file[name] != "") { want(file); return }
  copy_body(name, file)
}

function copy_body(name, file,    line, copy) {
  copy = out "/body." (++bodies)
  body_file[name] = copy
  printf "" > copy
  while ((getline line < file) > 0) print line > copy
  close(copy)
  want(copy)
}

function want_made(name,    line, n, i) {
  n = split(made[name], line, "\n") - 1
  for (i = 1; i <= n; i++) {
    sub(/ [^ ]* [^ ]*$/, "", line[i])
    want("./" line[i])
  }
}

# A word for xargs.
function quoted_word(word) {
  if (word !~ /[^A-Za-z0-9_.,:@+=\/-]/) return word
  gsub(/[^A-Za-z0-9_.,:@+=\/-]/, "\\\\&", word)
  return word
}

function take_sums(    i, name, again) {
  sum_all()
  if (confirm()) sum_all()
  for (i = 1; i <= count; i++) {
    name = names[i]
    if ((name in by_key) && (sum_of[dir "/" name "/task.md"] != task_file[name] || is_empty(sum_of[dir "/" name "/output.md"]))) {
      examine_head(name, dir "/" name)
      again = 1
    }
    # Reading an element creates it.
    if (!(name in found) || found[name] != "" || task_file[name] == "" || sum_of[dir "/" name "/task.md"] == task_file[name]) continue
    read_head_end(dir "/" name "/task.md")
    copy_body(name, dir "/" name "/task.md")
    close(dir "/" name "/task.md")
    again = 1
  }
  if (again) sum_all()
}

# is_empty SUM: is it the checksum of a missing or an empty file?
function is_empty(sum) { return sum == "" || sum == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" }

function read_head_end(file,    line) { while ((getline line < file) > 0) if (line == "---") return }

function sum_all(    command, line, path, i) {
  if (!wanting && !listed) return
  if (wanting <= 200 && !listed) {
    command = digest
    for (i = 1; i <= wanting; i++) command = command " " shell_word(wanted[i])
  } else {
    for (i = 1; i <= wanting; i++) print quoted_word(wanted[i]) > (out "/want")
    close(out "/want")
    command = "xargs " digest " <" shell_word(out "/want")
  }
  wanting = listed = 0
  command = command " 2>/dev/null"
  while ((command | getline line) > 0) {
    if (substr(line, 1, 1) != "\\") { sum_of[substr(line, 67)] = substr(line, 1, 64); continue }
    i = index(line, " ")
    path = substr(line, i + 2)
    gsub(/\\\\/, "\\", path)
    sum_of[path] = substr(line, 1, i - 1)
  }
  close(command)
}

function shell_word(s) {
  gsub(/'/, "'\\''", s)
  return "'" s "'"
}

# --- the verdict --------------------------------------------------------------------

function audit_agent(name,    verdict, path, n, i) {
  verdict = found[name]
  if ((verdict == "" || verdict == "kept" || verdict == "conflict") && has_marks(name)) verdict = "conflict"
  if (verdict == "") verdict = fits(name) ? "fresh" : "stale"
  if (verdict == "pinned") verdict = "fresh"
  if (verdict == "fresh" && name in cells_in && !are_fresh(name)) verdict = "stale"
  verdicts[name] = verdict
  print verdict, name (verdict == "conflict" ? " " conflicted[name] : "")
  if (verdict != "fresh") return
  if (doubt != "all") print name "\n" sources[name] > (out "/sources")
  n = split(own[name], path, "\n") - 1
  for (i = 1; i <= n; i++) print name, quoted_word("./" path[i]) > (out "/own")
}

# are_fresh NAME: are its cells, as far as they were judged, and are they all there?
function are_fresh(name,    made_cell, n, i) {
  n = split(cells_in[name], made_cell, "\n") - 1
  for (i = 1; i <= n; i++) {
    if ((made_cell[i] in verdicts) && verdicts[made_cell[i]] !~ /^(fresh|kept)$/ || first_line(dir "/" made_cell[i] "/output.md") <= 0) return 0
    sources[name] = sources[name] dir "/" made_cell[i] "/output.md\n"
  }
  return 1
}

# has_marks NAME: has git left both sides of a conflict in its answer?  An answer that an agent gave with such lines
# counts as it is.
function has_marks(name,    file, line) {
  if (conflicted[name] != "") return 1
  file = dir "/" name "/output.md"
  if (sum_of[file] == paid[name]) return 0
  while ((getline line < file) > 0)
    if (line ~ /^(<<<<<<<) /) { conflicted[name] = "output.md"; break }
  close(file)
  return conflicted[name] != ""
}

function fits(name,    pair, n, i, field) {
  if ((name in body_file ? sum_of[body_file[name]] : body[name]) != body[name]) return 0
  n = split(pairs[name], pair, "\n") - 1
  for (i = 1; i <= n; i++) {
    split(pair[i], field, "\t")
    if (field[2] == "failed") {
      if (verdicts[field[3]] == "fresh") return 0
    } else if (sum_of[field[1]] != field[2] && !is_known_edit(name, field[1], field[2])) return 0
  }
  n = skipped[name] ? 0 : split(own[name], pair, "\n") - 1
  for (i = 1; i <= n; i++) if (content_of("./" pair[i]) == "") return 0
  return !is_taken_back(name)
}

function is_known_edit(name, path, before) {
  return path ~ /^\.\// && is_made_later(name, substr(path, 3), before, content_of(path) == "" ? "-" : content_of(path))
}

# content PATH: the checksum of a file, or of a folder's list, as tree.sh has it.
function content_of(path,    command) {
  if (!(path in sum_of)) { want(path); sum_all() }
  if (sum_of[path] == "" && !(path in looked_at)) {
    looked_at[path]
    command = "[ -d " shell_word(path) " ] && cd " shell_word(path) " && find . \\( -type f -o -type l -exec test -f {} \\; \\) -print | LC_ALL=C sort |" \
      " LC_ALL=C sed 's/[^A-Za-z0-9_.\\/-]/\\\\&/g' | LC_ALL=C xargs " digest " 2>/dev/null | " digest
    command | getline sum_of[path]
    close(command)
    sub(/ .*/, "", sum_of[path])
  }
  return sum_of[path]
}

# is_taken_back NAME: is a file that it wrote gone, or as it was before, although no agent has left it so?
function is_taken_back(name,    line, n, i, j, word, m, path, now) {
  n = split(made[name], line, "\n") - 1
  for (i = 1; i <= n; i++) {
    m = split(line[i], word, " ")
    path = substr(line[i], 1, length(line[i]) - length(word[m]) - length(word[m - 1]) - 2)
    now = content_of("./" path)
    if (now == "") now = "-"
    if (now == word[m] || now != word[m - 1] && now != "-") continue
    read_edits()
    for (j = 1; j <= edits; j++) if (edit_path[j] == path && edit_after[j] == now) break
    if (j > edits) return 1
  }
  return 0
}

# Agents whose failure is tolerated: what a tolerant agent needs, directly or through others.
function find_tolerated(    i, j, n, need) {
  for (i = count; i >= 1; i--) {
    if (!(names[i] in goes_on) && !(names[i] in tolerated)) continue
    n = split(needed[names[i]], need, " ")
    for (j = 1; j <= n; j++) tolerated[need[j]]
  }
  for (name in tolerated) print name > (out "/tolerated")
}

# --- agents' edits of files that others read ----------------------------------

# program edits: of checksums BEFORE and AFTER, `edit PATH BEFORE AFTER` for each path that differs.
program == "edits" && NF > 1 {
  path = $0
  sub(/^[^ ]* [ *]/, "", path)
  sub(/^\.\//, "", path)
  if (FNR == NR) was[path] = $1
  else is_now[path] = $1
}

END { if (program == "edits") tell_edits() }

function tell_edits(    path) {
  for (path in is_now)
    if (!(path in was)) print "edit", path, "-", is_now[path]
    else if (was[path] != is_now[path]) print "edit", path, was[path], is_now[path]
  for (path in was) if (!(path in is_now)) print "edit", path, was[path], "-"
}

# program carry: prints edits of a run, and those of earlier ones that lead to the same content.  `from` says what a file
# holds: `new` edits, the `key` that was, or checksums `before` the run.
program == "carry" && from == "before" && NF > 1 {
  path = $0
  sub(/^[^ ]* [ *]/, "", path)
  sub(/^\.\//, "", path)
  was[path] = $1
}
program == "carry" && from != "before" && /^edit / {
  path = substr($0, 6, length($0) - 7 - length($NF) - length($(NF - 1)))
  if (from == "new") {
    began[path] = $(NF - 1)
    ended[path] = $NF
    carried[$0]
    print
  } else {
    old[++olds] = path
    old_before[olds] = $(NF - 1)
    old_after[olds] = $NF
  }
}

END { if (program == "carry") carry() }

function carry(    i, path, line) {
  for (i = 1; i <= olds; i++) {
    path = old[i]
    if (path in ended) {
      if (began[path] != old_after[i]) continue
      old_after[i] = ended[path]
    } else if ((path in was ? was[path] : "-") != old_after[i]) continue
    line = "edit " path " " old_before[i] " " old_after[i]
    if (old_before[i] == old_after[i] || line in carried) continue
    carried[line]
    print line
  }
}

# program chain: are all files of PAIRS, `PATH BEFORE NOW` a line, as agents downstream of `agent` have left them?
program == "chain" && FNR == NR && /^ *\{"name":"/ { note_needs($0) }
program == "chain" && FNR != NR {
  path = $0
  sub(/ [^ ]* [^ ]*$/, "", path)
  if (!is_made_later(agent, path, $(NF - 1), $NF)) { missed = 1; exit }
}

END { if (program == "chain") exit missed }

# read_needs: for the few audits that ask which agents come after others.
function read_needs(    i, line) {
  if (program != "audit" || needs_are_read++) return
  for (i = 1; i < ARGC; i++) {
    if (ARGV[i] !~ /\.json$/) continue
    while ((getline line < ARGV[i]) > 0) if (line ~ /^ *\{"name":"/) note_needs(line)
    close(ARGV[i])
  }
}

function note_needs(line,    word) {
  word = substr(line, index(line, "\"name\":\"") + 8)
  sub(/".*/, "", word)
  all_needs[word] = match(line, /"needs":\[[^]]*\]/) ? substr(line, RSTART + 9, RLENGTH - 10) : ""
}

# is_made_later AGENT PATH BEFORE NOW: have agents that come after it changed the file from BEFORE to NOW?
function is_made_later(name, path, before, now,    reached, i, more) {
  read_edits()
  reached[before]
  do {
    more = 0
    for (i = 1; i <= edits; i++)
      if (edit_path[i] == path && (edit_before[i] in reached) && !(edit_after[i] in reached) && comes_after(edit_agent[i], name)) {
        reached[edit_after[i]]
        more = 1
      }
  } while (more)
  return now in reached
}

# comes_after AGENT OTHER: does it need the other, directly or through others?
function comes_after(name, other,    seen, list, n, i, j, need, m) {
  read_needs()
  list[n = 1] = name
  for (i = 1; i <= n; i++) {
    m = split(all_needs[list[i]], need, /[",]+/)
    for (j = 1; j <= m; j++) {
      if (need[j] == other) return 1
      if (need[j] != "" && !(need[j] in seen)) { seen[need[j]]; list[++n] = need[j] }
    }
  }
  return 0
}
