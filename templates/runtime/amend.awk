# The last summary, with what has ended since: of ten thousand agents, not all are looked at again for one.
#
#   awk -F'|' -f show.awk -f rows.awk -f amend.awk dir=DIR run=RUN quiet= digest=COMMAND out=FILE SUMMARY
#
# Only for a run that went well, and found an answer of every agent.  Exit status 3: there is more to tell than
# rows that say so, and all agents have to be looked at.

FNR == 1 {
  OFS = FS
  read_events(dir "/events.jsonl")
  if (!all_as_paid()) give_up()
  title = $0
  next
}
/^[|] [[]/ { amend(substr($2, 3, index($2, "]") - 3)); next }
/^[0-9].* agents[)][.]$/ { agents = $0; sub(/.*[(]of /, "", agents); next }
$0 != "" && !/^(This run: |[|] agent |[|]---)/ { give_up() }

END {
  if (given_up) exit 3
  for (name in in_run) if (!(name in state)) exit 3
  if (!count || count != agents + 0) exit 3
  write_head(title)
  for (i = 1; i <= count; i++) print text[i] > out
  if (close(out) != 0) exit 1
  if (!quiet) print "wavemake: " counts() (tellers ? "\nwavemake: " bill() : "") "\nwavemake: " dir "/summary.md"
}

function give_up() {
  given_up = 1
  exit 3
}

function amend(name) {
  if (name in in_run && in_run[name] == "done") {
    state[name] = "done"
    wave[name] = $3 + 0
    seconds[name] = number_in(ended[name], "seconds")
    add_up(name, ended[name])
    $0 = row(name)
  } else {
    if ($4 !~ /^ (done|reused|up to date|pinned) $/) give_up()
    state[name] = name in in_run ? "reused" : $4 == " pinned " ? "pinned" : "up to date"
    if ($4 != " " state[name] " ") {
      $4 = " " state[name] " "
      $6 = match($6, /[$][0-9.e-]+ $/) ? " " substr($6, RSTART) : "  "
    }
  }
  text[++count] = $0
  tally[state[name]]++
}

# all_as_paid: are the outputs of this run's agents, and those that they read, as they were answered?
function all_as_paid(    name, line, word, names, n, command, other) {
  for (name in in_run) {
    if (in_run[name] !~ /^(done|reused)$/ || (getline line < (dir "/" name "/files.json")) > 0) return 0
    other[name]
    while ((getline line < (dir "/" name "/key")) > 0)
      if (split(line, word, " ") == 3 && word[1] ~ /^(read|after)$/ && word[2] !~ /^\./) other[word[2]]
    close(dir "/" name "/key")
  }
  for (name in other) {
    if (++n > 500) return 0
    names = names " " name "/output.md"
  }
  command = "cd " quoted(dir) " && " digest names newer_of_unread()
  while ((command | getline line) > 0) {
    if (line !~ /^[0-9a-f]+ [ *]/) return 0
    name = line
    sub(/^[^ ]* [ *]/, "", name)
    sub(/\/output\.md$/, "", name)
    checksum[name] = substr(line, 1, index(line, " ") - 1)
    if (edited(name)) return 0
    n--
  }
  close(command)
  while (n == 0 && (command = newer_of_unread()) != "") {
    command = "cd " quoted(dir) command
    if ((command | getline line) > 0) return 0
    close(command)
  }
  return n == 0
}

# newer_of_unread: a command that names answers which no agent reads and somebody has touched since the last summary, of
# the next two thousand.  make does not look at one that is newer than what it is made from.
function newer_of_unread(    name, list, n) {
  while (n < 2000 && (getline name < (dir "/unread")) > 0)
    if (sub(/ .*/, "", name) && !(name in in_run)) {
      list = list " " name "/output.md"
      n++
    }
  return list == "" ? "" : " && find" list " -newer summary.md 2>&1"
}

function quoted(s) {
  gsub(/'/, "'\\''", s)
  return "'" s "'"
}
