# Shows the state of every agent: summary.md in the file `out`, a short version on the terminal.
#
#   FACTS | LC_ALL=C awk -v program=summary -f lib.awk dir=DIR run=RUN quiet= show= colour= out=FILE -

END { if (program == "summary") sum_up() }

function sum_up(    i) {
  find_states()
  for (i = 1; i <= count; i++) {
    add_up(names[i])
    if (is_edited[names[i]]) hand[++hands] = names[i]
  }
  ask_person()
  write_summary()
  if (show == "status") show_all()
  else if (!quiet && show == "") show_short()
}

# The costs of this run; the numbers of those that reported none.  A rehearsal has no costs, and a command reports none.
function add_up(name,    s, runner) {
  s = status_line[name]
  price[name] = number_in(s, "cost")
  cache_of[name] = cache_use(number_in(s, "cache_read"), number_in(s, "cache_write"), number_in(s, "cache_saved"))
  answerer[name] = other_model(word_in(s, "model"), word_in(s, "answered_by"))
  files_changed[name] = number_in(s, "files")
  lines_added[name] = number_in(s, "added")
  lines_removed[name] = number_in(s, "removed")
  tries[name] = number_in(s, "attempts")
  remark_of[name] = string_in(s, "remark")
  runner = word_in(s, "runner")
  if (!(name in in_run) || in_run[name] == "reused" || word_in(s, "run") != run || tries[name] < 1 || runner == "rehearse") return
  billed++
  if (runner != "command") tellers++
  if (price[name] == "") unpriced++
  else total_cost += price[name]
  if (number_in(s, "tokens_in") number_in(s, "tokens_out") == "") uncounted++
  tokens += number_in(s, "tokens_in") + number_in(s, "tokens_out")
  cache_read += number_in(s, "cache_read")
  cache_write += number_in(s, "cache_write")
  cache_saved += number_in(s, "cache_saved")
}

# cache_use READ WRITTEN SAVED: tokens read from and written to the API's cache, and what that has saved, in dollars.
function cache_use(read, written, saved,    text) {
  if (read + written == 0) return ""
  text = "cache: " thousands(read + 0) " read, " thousands(written + 0) " written"
  if (saved + 0 > 0) return text ", saved " dollars(saved)
  return text (saved + 0 < 0 ? ", cost " dollars(-saved) " more" : "")
}

# --- what is shown -----------------------------------------------------------

function write_head(title,    i) {
  print title "\n\n" counts() "." > out
  if (bill() != "") print "\nThis run: " bill() "." > out
  for (i = 1; i in person_list; i++) print (i == 1 ? "\nWaiting for you:\n\n- " : "- ") "`" person_list[i] "`" > out
  if (tally["failed"]) print "\nLook first at the failed agents' logs: they have what the agents printed." > out
  print "\n| agent | wave | state | time | note |\n|---|---|---|---|---|" > out
}

function row(name,    remark, link) {
  remark = cell(why[name])
  if (state[name] == "blocked" && blocked_by[name] != "") remark = "by " blocked_by[name]
  if (tries[name] > 1 && state[name] ~ /^(done|failed)$/)
    remark = remark (remark == "" ? "" : ", ") "after " tries[name] " tries"
  if (state[name] == "failed") remark = remark " ([log](" name "/log.txt))"
  if ((is_good(name) || state[name] == "out of date") && remark_of[name] != "") remark = remark (remark == "" ? "" : "; ") cell(remark_of[name])
  if (files_changed[name] != "") remark = remark (remark == "" ? "" : "; ") size_of_edits(name)
  if (answerer[name] != "") remark = remark (remark == "" ? "" : "; ") "answered by " cell(answerer[name])
  if (price[name] != "") remark = remark (remark == "" ? "" : "; ") dollars(price[name])
  if (cache_of[name] != "") remark = remark (remark == "" ? "" : "; ") cache_of[name]
  link = output_there[name] ? "[" name "](" name "/output.md)" : name
  return "| " link " | " wave[name] " | " bold(state[name]) " | " \
    (seconds[name] == "" || state[name] ~ /^(blocked|not run)$/ ? "" : duration(seconds[name])) " | " remark " |"
}

# other_model ASKED ANSWERED: the model that answered, if it differs from the requested one.  "opus" and "provider/opus"
# mean any model with that in its name.
function other_model(asked, answered) {
  sub(/^.*\//, "", asked)
  sub(/\[.*$/, "", asked)
  if (asked ~ /^(auto|best|default|opusplan)?$/ || answered == "") return ""
  return index(tolower(answered), tolower(asked)) ? "" : answered
}

# What an agent with a workspace changed.
function size_of_edits(name) {
  return files_changed[name] (files_changed[name] == 1 ? " file" : " files") ", +" lines_added[name] " -" lines_removed[name]
}

# What the agents of this run cost, as far as they reported it.
function bill(    text) {
  text = cache_use(cache_read, cache_write, cache_saved)
  return billed ? cost_and_tokens() (text == "" ? "" : "; " text) : ""
}

function cost_and_tokens(    text) {
  if (unpriced == billed) text = "cost unknown (" billed " agent" (billed == 1 ? "" : "s") " reported none)"
  else text = dollars(total_cost) (unpriced ? " + " unpriced " unknown" : "")
  if (uncounted < billed) return text ", " thousands(tokens) " tokens" (uncounted ? " + " uncounted " unknown" : "")
  return unpriced == billed ? text : text ", tokens unknown"
}

function counts(    text, i, word) {
  if (!count) return dir "/manifest.json names no agents: compile the plan again"
  for (i = 1; i <= state_count; i++) text = text counted(text, all_states[i])
  for (word in tally) if (!(word in state_is)) text = text counted(text, word)
  return text " (of " counted_agents " agent" (counted_agents == 1 ? "" : "s") ")"
}

function counted(text, word) {
  return tally[word] ? (text == "" ? "" : ", ") tally[word] " " word : ""
}

function bold(s) { return !(s in state_is) || index(state_is[s], " bad ") ? "**" s "**" : s }

# Text from an agent stays in its table cell, without HTML, links or images.
function cell(s) {
  s = swapped(printable(s), "\\", "\\\\")
  s = swapped(swapped(s, "&", "&amp;"), "<", "&lt;")
  return swapped(swapped(s, "[", "\\["), "|", "\\|")
}

function write_summary(    i) {
  write_head("# Summary" (project == "" ? "" : ": " cell(project)))
  for (i = 1; i <= count; i++) {
    if (names[i] in cells_of) print folded_row(names[i]) > out
    else if (group[names[i]] == "") print row(names[i]) > out
    else if (!(group[names[i]] in cells_of) && first_of(i)) print folded_row(group[names[i]]) > out
  }
  for (i = 1; i <= count; i++) if (group[names[i]] != "" && first_of(i)) unfold(group[names[i]])
  if (hands) print "\nEdited by hand, and used as they are:\n" > out
  for (i = 1; i <= hands; i++) print "- [" hand[i] "/output.md](" hand[i] "/output.md)" > out
  if (restored) print "\nChanged, and not by their recipes, while the run was at work; they are as they were again:\n" > out
  for (i = 1; i <= restored; i++) print "- " put_back[i] "/status.json" > out
  for (i = 1; i <= count; i++) if (has(names[i], "files.json")) list_made(names[i])
  if (close(out) != 0) exit 1
}

# first_of I: is it the first of the cells of its agent?  In a loop, their passes are apart.
function first_of(i,    k) {
  if (!cells_placed) for (k = count; k > 0; k--) first_cell[group[names[k]]] = k
  cells_placed = 1
  return first_cell[group[names[i]]] == i
}

# fold NAME: the cells of an agent in one line: `folded` is the most urgent of their states, `fold_counts` how many
# there are of each, `fold_wave` their wave.
function fold(name,    i, tallied, n, word) {
  folded = ""
  for (i = 1; i <= count; i++) if (group[names[i]] == name) {
    n++
    fold_wave = wave[names[i]]
    word = state[names[i]]
    tallied[word]++
    if (folded == "" || urgency(word) > urgency(folded)) folded = word
  }
  if ((name in state) && urgency(state[name]) > urgency(folded)) folded = state[name]
  fold_counts = ""
  for (i = 1; i <= state_count; i++) if (tallied[all_states[i]])
    fold_counts = fold_counts (fold_counts == "" ? "" : ", ") tallied[all_states[i]] " " all_states[i]
  fold_counts = n (n == 1 ? " cell: " : " cells: ") fold_counts
}

# urgency STATE: states that need attention come before those in progress, and these before done.
function urgency(word) {
  if (index(state_is[word], " stuck ")) return 5
  if (index(state_is[word], " bad ")) return 4
  if (word == "running" || word == "limited") return 3
  if (!index(state_is[word], " good ")) return 2
  return word == "done"
}

function folded_row(name) {
  fold(name)
  return "| " name " | " fold_wave " | " bold(folded) " | | " fold_counts " |"
}

# unfold NAME: its cells, behind a line that opens them.
function unfold(name,    i) {
  fold(name)
  print "\n<details><summary>" name ": " fold_counts "</summary>\n" > out
  print "| agent | wave | state | time | note |\n|---|---|---|---|---|" > out
  for (i = 1; i <= count; i++) if (group[names[i]] == name) print row(names[i]) > out
  print "\n</details>" > out
}

# The files that the agent lists in its files.json.
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
  if (person_text != "") print "wavemake: " person_line()
}

# The command that a person has to type for an agent that waits for an approval or an answer: the end of its reason.
function to_type(name,    s, at) {
  s = why[name]
  if (!waits_for_person(name)) return ""
  while ((at = match(s, / -- to answer: | is not approved yet: /))) s = substr(s, at + RLENGTH)
  return s == why[name] ? "" : printable(s)
}

# The end of a run that waits for a person: this is not a failure.
function person_line(    bad, i) {
  for (i = 1; i <= count; i++) if (!is_good(names[i]) && !waits_for_person(names[i]) && state[names[i]] != "blocked") bad++
  return (bad ? "waiting for you" : "nothing failed; waiting for you") ": " person_text
}

# ask_person: fills person_text with the first command to type, and person_list with all of them.
function ask_person(    i, n, s) {
  for (i = 1; i <= count; i++) {
    s = to_type(names[i])
    if (s == "") continue
    person_list[++n] = s
    if (n <= 3) person_text = person_text (n == 1 ? "" : "; ") s
  }
  if (n > 3) person_text = person_text "; and " n - 3 " more"
}

# Cells are one line, except those that need attention; CELLS=1 lists all of them.
function show_all(    i, name, all) {
  all = ENVIRON["CELLS"] != "" && ENVIRON["CELLS"] !~ /^(0|no|false)$/
  for (i = 1; i <= count; i++) {
    name = names[i]
    if (group[name] != "" && first_of(i)) show_fold(group[name], all)
    if (!(name in cells_of) && group[name] == "") show_one(name, "")
  }
  print counts()
  if (person_text != "") print person_line()
}

function show_fold(name, all,    i) {
  fold(name)
  print "wave " fold_wave "  " padded(folded, 11) "  " name ": " fold_counts
  for (i = 1; i <= count; i++)
    if (group[names[i]] == name && (all || urgency(state[names[i]]) > 3)) show_one(names[i], "  ")
}

function show_one(name, indent,    remark) {
  remark = state[name] == "blocked" && blocked_by[name] != "" ? "by " blocked_by[name] : printable(why[name])
  print "wave " wave[name] "  " padded(state[name], 11) "  " indent name (remark == "" ? "" : ": " remark)
}

function padded(s, width) {
  while (length(s) < width) s = s " "
  return s
}
