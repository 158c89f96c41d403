# A first look at all answers: most fit their keys, above all in a clone.  What is not confirmed here is examined like
# any other (audit.awk).
#
# A key that ends with `output SUM` and `task-file SUM` has all that counts: if the task's file has that checksum, its
# head is as it was when the answer was accepted.  The lines between are what was read, `read AGENT SUM`: each has to be
# one of those that the present answers would have.

# can_glance: is every agent judged, and is none whose reads may be failures or the cells of others?
function can_glance() {
  quoted_dir = quoted_word(dir "/")
  return doubt == "all" && !stages && !tolerated_ones
}

# glance NAME: notes what its key says, and which checksums are wanted; returns 0 if the key says more than that.
function glance(name,    me, text, end, start) {
  me = dir "/" name
  text = all_text(me "/key")
  # The lengths of the last two lines, with two checksums.
  end = length(text) - 146
  if (substr(text, end + 1, 7) != "output " || substr(text, end + 72, 11) != "\ntask-file ") return 0
  if (index(text, "<<<<<<< ") || index(text, ">>>>>>> ")) return 0
  start = index("\n" text, "\ntask ")
  if (!start || start > end || !is_settled(me "/status.json")) return 0
  paid[name] = substr(text, end + 8, 64)
  task_file[name] = substr(text, end + 83, 64)
  # "task ", its checksum, and the end of the line.
  read_lines[name] = substr(text, start + 70, end - start - 70)
  # Without a list in memory, and a look at each sign of a path.
  print quoted_dir name "/output.md\n" quoted_dir name "/task.md" > (out "/want")
  listed++
  if (index(read_lines[name], "read ./")) want_files(read_lines[name])
  if (index(read_lines[name], "after ")) waits_for_some = 1
  glanced[++glances] = name
  return 1
}

# all_text FILE: its text, without the last end of a line.
function all_text(file,    text, before) {
  before = RS
  RS = "\001"
  if ((getline text < file) <= 0) text = ""
  close(file)
  RS = before
  return substr(text, length(text)) == "\n" ? substr(text, 1, length(text) - 1) : text
}

function want_files(lines,    line, n, i) {
  n = split(lines, line, "\n")
  for (i = 1; i <= n; i++) if (substr(line[i], 1, 7) == "read ./") want(substr(line[i], 6, length(line[i]) - 70))
}

# confirm: answers that fit are fresh; all others are examined.
function confirm(    i, name, sum, others) {
  for (i = 1; i <= glances; i++) {
    sum = sum_of[dir "/" glanced[i] "/output.md"]
    if (sum == "") continue
    would_have["read " glanced[i] " " sum]
    if (waits_for_some) would_have["after " glanced[i] " " sum]
  }
  for (i = 1; i <= glances; i++) {
    name = glanced[i]
    if (sum_of[dir "/" name "/task.md"] == task_file[name] && sum_of[dir "/" name "/output.md"] == paid[name] && has_read(read_lines[name]))
      found[name] = "fresh"
    else { examine(name); others = 1 }
  }
  split("", would_have)
  split("", read_lines)
  return others
}

# has_read LINES: is all of it as it is now?
function has_read(lines,    line, n, i) {
  n = split(lines, line, "\n")
  for (i = 1; i <= n; i++) {
    if (line[i] == "" || line[i] in would_have) continue
    if (substr(line[i], 1, 7) != "read ./" || sum_of[substr(line[i], 6, length(line[i]) - 70)] != substr(line[i], length(line[i]) - 63)) return 0
  }
  return 1
}
