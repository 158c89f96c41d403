# What became of the agents of a run: which agents a run ended, the rows, the counts and the bill.

# What is not done for a reason of its own, as against what waits for another.
BEGIN {
  stuck = "^(failed|conflict|interrupted|waiting|over budget)$"
  good = "^(done|reused|pinned|up to date)$"
  empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
}

# What a run reused is known from its events alone: a reused agent keeps the status of the run that paid.  If
# no run is named, it is the last that began or in which an agent ended.
function read_events(file,    line, latest, name) {
  while ((getline line < file) > 0) {
    if (run != "" && word_in(line, "run") != run || !match(line, /"event":"(run|start|end)"/)) continue
    name = word_in(line, "agent")
    if (line ~ /"event":"start"/) { begun[name] = line; continue }
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

# The costs of this run; the numbers of those that told none.  Who rehearses has no costs, and no command tells any.
function add_up(name, status,    runner) {
  price[name] = number_in(status, "cost")
  files_changed[name] = number_in(status, "files")
  lines_added[name] = number_in(status, "added")
  lines_removed[name] = number_in(status, "removed")
  tries[name] = number_in(status, "attempts")
  runner = word_in(status, "runner")
  if (!(name in in_run) || in_run[name] == "reused" || tries[name] < 1 || runner == "rehearse") return
  billed++
  if (runner != "command") tellers++
  if (price[name] == "") unpriced++
  else total_cost += price[name]
  if (number_in(status, "tokens_in") number_in(status, "tokens_out") == "") uncounted++
  tokens += number_in(status, "tokens_in") + number_in(status, "tokens_out")
}

function edited(name,    line, file, paid) {
  file = dir "/" name "/key"
  while ((getline line < file) > 0) if (line ~ /^output /) paid = substr(line, 8)
  close(file)
  return paid != "" && paid != checksum[name]
}

# --- what is shown -----------------------------------------------------------

function write_head(title) {
  print title "\n\n" counts() "." > out
  if (bill() != "") print "\nThis run: " bill() "." > out
  if (tally["failed"]) print "\nLook first at the failed agents' logs: what they printed is there." > out
  print "\n| agent | wave | state | time | note |\n|---|---|---|---|---|" > out
}

function row(name,    remark, link) {
  remark = cell(why[name])
  if (state[name] == "blocked" && blocked_by[name] != "") remark = "by " blocked_by[name]
  if (tries[name] > 1 && state[name] ~ /^(done|failed)$/)
    remark = remark (remark == "" ? "" : ", ") "after " tries[name] " tries"
  if (state[name] == "failed") remark = remark " ([log](" name "/log.txt))"
  if (files_changed[name] != "") remark = remark (remark == "" ? "" : "; ") size_of_edits(name)
  if (price[name] != "") remark = remark (remark == "" ? "" : "; ") dollars(price[name])
  link = name in checksum ? "[" name "](" name "/output.md)" : name
  return "| " link " | " wave[name] " | " bold(state[name]) " | " \
    (seconds[name] == "" || state[name] ~ /^(blocked|not run)$/ ? "" : duration(seconds[name])) " | " remark " |"
}

# What an agent with a workspace changed.
function size_of_edits(name) {
  return files_changed[name] (files_changed[name] == 1 ? " file" : " files") ", +" lines_added[name] " -" lines_removed[name]
}

# What the agents of this run cost, as far as they told.
function bill(    text) {
  if (!billed) return ""
  if (unpriced == billed) text = "cost unknown (" billed " agent" (billed == 1 ? "" : "s") " told none)"
  else text = dollars(total_cost) (unpriced ? " + " unpriced " unknown" : "")
  if (uncounted < billed) return text ", " thousands(tokens) " tokens" (uncounted ? " + " uncounted " unknown" : "")
  return unpriced == billed ? text : text ", tokens unknown"
}

function counts(    text, i, n, list) {
  n = split("done|reused|pinned|up to date|out of date|running|failed|conflict|blocked|waiting|over budget|interrupted|not run", list, "|")
  for (i = 1; i <= n; i++)
    if (tally[list[i]]) text = text (text == "" ? "" : ", ") tally[list[i]] " " list[i]
  return text " (of " count " agents)"
}

function bold(s) { return s == "blocked" || s ~ stuck ? "**" s "**" : s }

# Text of an agent's stays in its cell, and brings no HTML, link or image with it.
function cell(s) {
  s = swapped(printable(s), "\\", "\\\\")
  s = swapped(swapped(s, "&", "&amp;"), "<", "&lt;")
  return swapped(swapped(s, "[", "\\["), "|", "\\|")
}

# --- the lines of JSON that compile and record.awk write -----------------------

function number_in(line, key) {
  if (!match(line, "\"" key "\":[0-9.eE+-]+")) return ""
  return substr(line, RSTART + length(key) + 3, RLENGTH - length(key) - 3)
}

function word_in(line, key) {
  if (!match(line, "\"" key "\":\"[^\"]*\"")) return ""
  return substr(line, RSTART + length(key) + 4, RLENGTH - length(key) - 5)
}
