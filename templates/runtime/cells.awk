# The cells of an agent whose list a run makes: their names, their tasks, and how make or ninja runs them.
#
#   LC_ALL=C awk -f cells.awk stage=AGENT dir=DIR scratch=FOLDER digest=COMMAND wave=N total=N ninja=1|'' run=COMMAND -
#
#   FOLDER/list      the list: a JSON array, perhaps between fences of Markdown
#   DIR/AGENT/task.md   says how many items there may be and how a cell is judged; its body is the task.md of a cell,
#                    with placeholders for the item
#   COMMAND          of `run`, the command that runs a cell, without the cell's own words
#
# Writes the task.md of each cell, and the files of its judges, if they changed, FOLDER/output.md (the cells' names, in the order of the list),
# FOLDER/cells.json (their lines, as in manifest.json), FOLDER/rules (what runs them) and FOLDER/needs (the
# prerequisites of the agent itself).  If the list is wrong, only `bad REASON` is printed, and nothing is written.

@include "json.awk"
@include "show.awk"
@include "states.awk"

BEGIN {
  if (ARGV[1] ~ /^stage=/) {
    for (c_i = 1; c_i < ARGC; c_i++) {
      c_at = index(ARGV[c_i], "=")
      c_option[substr(ARGV[c_i], 1, c_at - 1)] = substr(ARGV[c_i], c_at + 1)
    }
    exit !c_main()
  }
}

function c_main() {
  c_stage = c_option["stage"]
  c_dir = c_option["dir"]
  c_scratch = c_option["scratch"]
  return c_read_template() && c_read_manifest() && c_read_list() && c_name_all() && c_judge_all() && c_fill_all() && c_write()
}

function c_bad(reason) {
  print "bad " printable(reason)
  return 0
}

# --- the template, and what else there is --------------------------------------

function c_read_template(    file, line, in_body, n) {
  file = c_dir "/" c_stage "/task.md"
  while ((getline line < file) > 0) {
    if (in_body) c_template[++c_lines] = line
    else if (line == "---") in_body = 1
    else if (line ~ /^most /) c_most = substr(line, 6) + 0
    else if (line ~ /^judge [0-9]+ /) {
      n = substr(line, 7) + 0
      if (n > c_judges) c_judges = n
      sub(/^judge [0-9]+ /, "", line)
      c_judge[n] = c_judge[n] line "\n"
    } else if (line ~ /^list file /) c_source = substr(line, 11)
    else if (line ~ /^list agent /) c_source = "the answer of " substr(line, 12)
  }
  close(file)
  return in_body
}

# The agents of the plan: a cell may not have the name of one of them, or write what another agent writes.
function c_read_manifest(    file, line, path, name, n, i) {
  file = c_dir "/manifest.json"
  while ((getline line < file) > 0) {
    if (line ~ /^  "plan":/) c_plan = string_in(line, "plan")
    if (line !~ /^ *\{"name":"/) continue
    name = word_in(line, "name")
    c_taken[tolower(name)] = name
    c_needs[name] = list_in(line, "needs")
    if (name == c_stage) c_record = line
    n = paths_in(line, "outputs", path)
    for (i = 1; i <= n; i++) c_writer[path[i]] = name
  }
  close(file)
  return c_record != ""
}

# --- the list -----------------------------------------------------------------

function c_read_list(    file, line, state, n, fenced, value, kind) {
  file = c_scratch "/list"
  json_start(value, kind)
  while ((getline line < file) > 0) {
    sub(/\r$/, "", line)
    if (!n && line ~ /^[ \t]*$/) continue
    if (!n++ && line ~ /^[ \t]*```/) { fenced = 1; continue }
    if (fenced && line ~ /^[ \t]*```[ \t]*$/) { fenced = 2; continue }
    if (fenced == 2 && line ~ /[^ \t]/) { state = "bad"; break }
    state = json_feed(line, value, kind)
    if (state == "bad") break
  }
  close(file)
  if (state != "done") return c_bad(c_source " is not a JSON array")
  if (j_kind[j_in[1]] != "array") return c_bad(c_source " is a JSON object, and a list is wanted")
  for (n = 0; (n + 1) in value; n++) if (!c_take_item(n + 1, value[n + 1], kind[n + 1])) return 0
  if (c_count > c_most) return c_bad(c_source " has " c_count " items, over 'max' (" c_most ")")
  return 1
}

# Duplicate items count once.
function c_take_item(place, value, kind,    text) {
  if (kind !~ /^(string|number|boolean|object)$/) return c_bad("item " place " is neither a text, a number nor an object")
  text = value
  if (length(text) > 100000) return c_bad("item " place " has " length(text) " bytes, and 100000 are the most")
  if (kind == "object" && text ~ /[[{]/ && c_depth(text) > 40) return c_bad("item " place " is nested too deep")
  text = c_canonical(value, kind)
  if (text in c_seen) return 1
  c_seen[text]
  c_item[++c_count] = text
  c_kind[c_count] = kind
  c_place[c_count] = place
  return 1
}

# c_depth TEXT: how deep it is nested, or how many marks begin something, if those are few.
function c_depth(text,    n, i, sign, depth, most) {
  n = gsub(/[[{]/, "&", text)
  if (n <= 40) return n
  for (i = length(text); i > 0; i--) {
    sign = substr(text, i, 1)
    if (sign == "}" || sign == "]") { if (++depth > most) most = depth }
    else if (sign == "{" || sign == "[") depth--
  }
  return most
}

# c_canonical VALUE KIND: the value as one JSON text that is the same for equal values: keys sorted, a blank after each mark.
function c_canonical(value, kind,    member, sort, key, n, i, k, j, text) {
  if (kind == "string") return json_quote(json_text(value))
  if (kind == "number") return value ~ /^-?[0-9]+$/ ? (value == "-0" ? "0" : value) : value
  if (kind != "object" && kind != "array") return value
  json_scan(value, member, sort)
  if (kind == "array") {
    for (n = 1; n in member; n++) text = text (n > 1 ? ", " : "") c_canonical(member[n], sort[n])
    return "[" text "]"
  }
  n = 0
  for (k in member) {
    for (i = ++n; i > 1 && key[i - 1] > k ""; i--) key[i] = key[i - 1]
    key[i] = k
  }
  for (i = 1; i <= n; i++) text = text (i > 1 ? ", " : "") json_quote(key[i]) ": " c_canonical(member[key[i]], sort[key[i]])
  return "{" text "}"
}

# --- names --------------------------------------------------------------------

function c_name_all(    i, said, slug, file, command, line, n) {
  for (i = 1; i <= c_count; i++) {
    said = c_identity(c_item[i], c_kind[i])
    slug = c_slug(said)
    if (slug != "" && slug == said) c_name[i] = c_stage "-" slug
    else {
      c_name[i] = slug
      file = c_scratch "/item." i
      printf "%s", c_item[i] > file
      close(file)
      n++
    }
  }
  if (n) {
    command = "cd " c_word(c_scratch) " && find . -name 'item.*' | xargs " c_option["digest"]
    while ((command | getline line) > 0) {
      i = line
      sub(/^.*item\./, "", i)
      c_name[i] = c_stage "-" (c_name[i] == "" ? "" : c_name[i] "-") substr(line, 1, 6)
    }
    close(command)
  }
  for (i = 1; i <= c_count; i++) {
    if (c_name[i] in c_index) return c_bad("items " c_place[c_index[c_name[i]]] " and " c_place[i] " have the same name")
    if (tolower(c_name[i]) in c_taken) return c_bad("item " c_place[i] " would be called " c_name[i] ", as another agent is")
    if (length(c_name[i]) > 100) return c_bad("item " c_place[i] " would be called " c_name[i] ", which is too long")
    c_index[c_name[i]] = i
  }
  return 1
}

function c_identity(text, kind,    member, sort) {
  if (kind == "string") return json_text(substr(text, 2, length(text) - 2))
  if (kind != "object") return text
  json_scan(text, member, sort)
  if (sort["name"] == "string") return json_text(member["name"])
  if (sort["id"] == "string") return json_text(member["id"])
  return ""
}

function c_slug(said,    slug) {
  slug = tolower(said)
  gsub(/[^a-z0-9._]+/, "-", slug)
  slug = c_bare(slug)
  return c_bare(substr(slug, 1, 40))
}

function c_bare(slug) {
  sub(/^[-.]+/, "", slug)
  sub(/[-.]+$/, "", slug)
  return slug
}

# --- the judges of a cell -------------------------------------------------------

# The task of a cell has the checksums of the files of its judges.
function c_judge_all(    i, n, file, command, line) {
  if (!c_judges || !c_count) return 1
  for (i = 1; i <= c_count; i++) for (n = 1; n <= c_judges; n++) {
    c_text[i, n] = c_fill_judge(i, n)
    if (c_failed) return 0
    file = c_scratch "/judge." i "." n
    printf "%s", c_text[i, n] > file
    close(file)
  }
  command = "cd " c_word(c_scratch) " && find . -name 'judge.*' | xargs " c_option["digest"]
  while ((command | getline line) > 0) {
    file = line
    sub(/^.*judge\./, "", file)
    n = file
    sub(/\..*/, "", file)
    sub(/.*\./, "", n)
    c_judge_sum[file, n] = substr(line, 1, 32)
  }
  close(command)
  return 1
}

function c_fill_judge(i, n,    line, count, k, in_body, text) {
  count = split(c_judge[n], line, "\n") - 1
  for (k = 1; k <= count && !c_failed; k++) {
    if (index(line[k], "{{")) line[k] = c_filled(line[k], i)
    if (!in_body) {
      if (line[k] == "---") in_body = 1
      else if (line[k] ~ /^model -/) c_unfit(i, "the model of its judge begins with a dash")
      else if (line[k] ~ /^read file /) line[k] = "read file " c_path(i, substr(line[k], 11), 0)
    }
    text = text (k > 1 ? "\n" : "") line[k]
  }
  return text
}

# c_shown LINE: a line `check ask N SUM QUESTION` with as much of the question as task.md shows.
function c_shown(line,    at, question, n, i) {
  match(line, /^check ask [0-9]+ [^ ]+ /)
  question = substr(line, RLENGTH + 1)
  line = substr(line, 1, RLENGTH)
  gsub(/[ \t]+/, " ", question)
  # 100 characters; none of them begins with a continuation byte.
  for (i = 1; i <= length(question); i++)
    if (substr(question, i, 1) !~ /[\200-\277]/ && ++n > 100) break
  return line substr(question, 1, i - 1)
}

# --- the task of a cell ---------------------------------------------------------

function c_fill_all(    i, n, text) {
  for (i = 1; i <= c_count; i++) {
    text = c_fill(i)
    if (c_failed) return 0
    c_note_file(c_name[i] "/task.md", text "\n")
    for (n = 1; n <= c_judges; n++) c_note_file(c_name[i] "/judge-" n ".md", c_text[i, n])
  }
  return c_write_changed()
}

# c_note_file PATH TEXT: notes it in c_new unless the file has that text.
function c_note_file(path, text,    line, old, file) {
  file = c_dir "/" path
  while ((getline line < file) > 0) old = old line "\n"
  close(file)
  if (old != text) c_new[path] = text
}

function c_write_changed(    path, folder, names, folders) {
  for (path in c_new) {
    names = names path "\n"
    folder = path
    sub(/\/.*/, "", folder)
    folders = folders folder "\n"
  }
  if (names == "") return 1
  # An agent may have put a link there.
  if (c_xargs("mkdir -p", folders) || c_xargs("rm -f", names)) return c_bad("cannot write in " c_dir)
  for (path in c_new) {
    printf "%s", c_new[path] > (c_dir "/" path)
    if (close(c_dir "/" path)) return c_bad("cannot write in " c_dir)
  }
  return 1
}

# c_xargs COMMAND NAMES: runs it in the folder of agents; returns its status.
function c_xargs(command, names) {
  command = "cd " c_word(c_dir) " && xargs " command
  printf "%s", names | command
  return close(command)
}

# c_fill I: the task.md of the cell.  Notes what its rules need from its head.
function c_fill(i,    n, line, in_body, text, word) {
  # An element that was never set, as an argument, breaks gawk 5.2.
  c_files[i] = c_outputs[i] = c_before[i] = c_model[i] = ""
  for (n = 1; n <= c_lines && !c_failed; n++) {
    line = c_template[n]
    if (index(line, "{{")) line = c_filled(line, i)
    if (!in_body) {
      if (line == "---") in_body = 1
      else if (line ~ /^model -/) c_unfit(i, "its model begins with a dash")
      else if (line ~ /^read file /) line = "read file " (word = c_path(i, substr(line, 11), 0))
      else if (line ~ /^output /) line = "output " (word = c_path(i, substr(line, 8), 1))
      else if (line ~ /^check ask /) line = c_shown(line)
      c_note(i, line, word)
    }
    text = text (n > 1 ? "\n" : "") line
  }
  return text
}

function c_note(i, line,    path) {
  if (line ~ /^read file /) c_files[i] = c_files[i] substr(line, 11) "\n"
  else if (line ~ /^output /) {
    path = substr(line, 8)
    if (path in c_writer) c_unfit(i, path " is written by " c_writer[path] " as well")
    c_writer[path] = c_name[i]
    c_outputs[i] = c_outputs[i] path "\n"
  } else if (line ~ /^(read agent|read diff|after) /) {
    sub(/^(read agent|read diff|after) /, "", line)
    c_before[i] = c_before[i] line "\n"
  } else if (line ~ /^(when|cells) /) c_always[i]
  else if (line ~ /^model /) c_model[i] = substr(line, 7)
}

function c_unfit(i, reason) {
  if (!c_failed) c_bad("item " c_place[i] ": " reason)
  c_failed = 1
  return ""
}

# c_filled LINE I: placeholders within an item are not replaced.
function c_filled(line, i,    piece, n, k, at, hole, text) {
  n = split(line, piece, "[{][{]")
  text = piece[1]
  for (k = 2; k <= n; k++) {
    at = index(piece[k], "}}")
    hole = substr(piece[k], 1, at - 1)
    text = text c_value(hole, i) substr(piece[k], at + 2)
  }
  return text
}

function c_value(hole, i,    how, key, n, step, value, kind, member, sort, k) {
  if (hole == "brace") return "{"
  if (hole == "name") return c_name[i]
  if (hole == "index") return c_place[i]
  if (split(hole, step, " ") == 3 && step[1] == "judge") return c_judge_sum[i, step[2]]
  how = hole
  sub(/ .*/, "", how)
  key = substr(hole, length(how) + 2)
  value = c_kind[i] == "string" ? substr(c_item[i], 2, length(c_item[i]) - 2) : c_item[i]
  kind = c_kind[i]
  n = split(key, step, ".")
  for (k = 2; k <= n; k++) {
    if (kind != "object" || json_scan(value, member, sort) == "" || !(step[k] in member))
      return c_unfit(i, "it has no '" substr(key, 6) "', which stands in what the cell is asked")
    value = member[step[k]]
    kind = sort[step[k]]
  }
  value = kind == "string" ? json_text(value) : c_canonical(value, kind)
  if (how == "text") return value
  if (value ~ /[\001-\037\177]/) return c_unfit(i, "a text with a line break can stand in 'task' alone")
  if (how == "word") return c_shell_word(value)
  if (how == "plain") gsub(/[][\\.^$*+?(){}|]/, "\\\\&", value)
  return value
}

# As Python's shlex.quote has it.
function c_shell_word(value) {
  if (value != "" && value !~ /[^A-Za-z0-9_@%+=:,.\/-]/) return value
  gsub(/'/, "'\"'\"'", value)
  return "'" value "'"
}

# c_path I PATH WRITES: the normalized path; a plan's rules for paths apply to items as well.
function c_path(i, path, writes,    part, n, k, text) {
  if (path ~ /^[\/~]/ || path ~ /(^|\/)\.\.(\/|$)/) return c_unfit(i, path " leaves the project")
  n = split(path, part, "/")
  for (k = 1; k <= n; k++) if (part[k] != "" && part[k] != ".") text = text (text == "" ? "" : "/") part[k]
  if (text == "") return c_unfit(i, "a path is empty")
  if (text ~ /[:;|=\\]/ || text ~ /\)$/ || text ~ /^ | $/ || text == ".WAIT") return c_unfit(i, text " is a path that a Makefile cannot hold")
  if (index(text "/", c_dir "/") == 1) return c_unfit(i, text " is in the folder of agents")
  if (!writes) return text
  if (text ~ /[*?]/) return c_unfit(i, text " is a pattern")
  if (text == c_plan || text ~ /^\.git(\/|$)/ || text ~ /^(GNUm|M|m)akefile$/) return c_unfit(i, text " is part of the build")
  return text
}

# --- what is written --------------------------------------------------------------

function c_write(    i, command, line, name) {
  for (i = 1; i <= c_count; i++) print c_dir "/" c_name[i] "/task.md" > (c_scratch "/tasks")
  close(c_scratch "/tasks")
  if (c_count) {
    command = "xargs " c_option["digest"] " <" c_word(c_scratch "/tasks")
    while ((command | getline line) > 0) {
      name = line
      sub(/\/task\.md$/, "", name)
      sub(/^.*\//, "", name)
      c_sum[name] = substr(line, 1, 16)
    }
    close(command)
  }
  c_write_list()
  c_write_records()
  if (c_option["ninja"]) c_write_ninja()
  else c_write_make()
  c_write_needs()
  return !c_failed
}

function c_write_list(    i, file) {
  file = c_scratch "/output.md"
  if (!c_count) print "There are no items." > file
  for (i = 1; i <= c_count; i++) print "- [" c_name[i] "](../" c_name[i] "/output.md)" > file
  if (close(file)) c_failed = 1
}

# The line of a cell is that of the agent, except for its own values.
function c_write_records(    i, file, rest, line) {
  file = c_scratch "/cells.json"
  printf "" > file
  for (i = 1; i <= c_count; i++) {
    line = "{\"name\":\"" c_name[i] "\",\"wave\":" c_option["wave"] ",\"needs\":[" c_quoted(c_each(c_before[i])) "],\"files\":[" \
      c_quoted(c_files[i]) "],\"written\":[],\"runner\":" json_quote(string_in(c_record, "runner")) ",\"model\":" json_quote(c_model[i]) \
      ",\"pool\":\"" word_in(c_record, "pool") "\",\"timeout\":" number_in(c_record, "timeout") ",\"outputs\":[" c_quoted(c_outputs[i]) \
      "],\"approve\":\"" word_in(c_record, "approve") "\",\"on_failure\":\"" word_in(c_record, "on_failure") "\",\"group\":\"" c_stage "\"}"
    print line > file
  }
  close(file)
}

# c_each LINES: each line once.
function c_each(lines,    line, n, i, seen, text) {
  n = split(lines, line, "\n") - 1
  for (i = 1; i <= n; i++) if (!(line[i] in seen)) {
    seen[line[i]]
    text = text line[i] "\n"
  }
  return text
}

function c_quoted(lines,    line, n, i, text) {
  n = split(lines, line, "\n") - 1
  for (i = 1; i <= n; i++) text = text (i > 1 ? "," : "") json_quote(line[i])
  return text
}

# c_known I: the existing input files of a cell, a line each.  Sets c_whole if they are all of them.
function c_known(i,    line, n, k, text) {
  c_whole = !(i in c_always)
  n = split(c_each(c_before[i]), line, "\n") - 1
  for (k = 1; k <= n; k++) {
    if (c_is_there(c_dir "/" line[k] "/output.md")) text = text c_dir "/" line[k] "/output.md\n"
    else c_whole = 0
  }
  n = split(c_each(c_files[i]), line, "\n") - 1
  for (k = 1; k <= n; k++) {
    if (c_is_there(line[k])) text = text line[k] "\n"
    else c_whole = 0
  }
  n = split(c_outputs[i], line, "\n") - 1
  for (k = 1; k <= n; k++) if (!c_is_there(line[k])) c_whole = 0
  return text
}

function c_is_there(path,    line, ok) {
  if (path in c_found) return c_found[path]
  ok = (getline line < ("./" path)) >= 0
  close("./" path)
  return c_found[path] = ok
}

function c_write_make(    file, i, line, n, k) {
  file = c_scratch "/rules"
  print "all:" > file
  for (i = 1; i <= c_count; i++) {
    print "all: " c_dir "/" c_name[i] "/output.md" > file
    printf "%s", c_dir "/" c_name[i] "/output.md: " c_dir "/" c_name[i] "/task.md" > file
    n = split(c_known(i), line, "\n") - 1
    for (k = 1; k <= n; k++) printf " %s", c_make_path(line[k]) > file
    print (c_whole ? "" : " again") "\n\t@" c_option["run"] " " c_option["wave"] "/" c_sum[c_name[i]] " " c_name[i] > file
  }
  print ".PHONY: all again\nagain: ;\n.PRECIOUS: %/output.md" > file
  if (close(file)) c_failed = 1
}

function c_make_path(path) {
  gsub(/[[ #*?]/, "\\\\&", path)
  gsub(/\$/, "$$", path)
  return path
}

function c_write_ninja(    file, i, line, n, k, me) {
  file = c_scratch "/rules"
  print "ninja_required_version = 1.11\nbuilddir = " c_dir "/" c_stage "/.ninja\nrule cell" > file
  print "  command = " c_option["run"] " " c_option["wave"] "/$sum $agent && { [ -h $out ] || ln -s output.md $out; }" > file
  print "  description = $agent\n  generator = 1\n  restat = 1" > file
  for (i = 1; i <= c_count; i++) {
    me = c_dir "/" c_name[i]
    printf "%s", "build " me "/.answer: cell " me "/task.md" > file
    n = split(c_known(i), line, "\n") - 1
    for (k = 1; k <= n; k++) printf " %s", c_ninja_path(line[k]) > file
    print "\n  agent = " c_name[i] "\n  sum = " c_sum[c_name[i]] > file
    print (c_whole ? "" : c_name[i]) > (c_scratch "/again")
  }
  printf "build all: phony" > file
  for (i = 1; i <= c_count; i++) printf " %s", c_dir "/" c_name[i] "/.answer" > file
  print "" > file
  if (close(file)) c_failed = 1
}

function c_ninja_path(path) {
  gsub(/[$ :]/, "$&", path)
  return path
}

# The prerequisites of the agent itself: the answers of its cells, and their inputs.
function c_write_needs(    file, i, line, n, k, paths, p) {
  file = c_scratch "/needs"
  for (i = 1; i <= c_count; i++)
    paths = paths c_dir "/" c_name[i] "/output.md\n" c_files[i] (c_option["ninja"] ? c_outputs[i] : "")
  printf "" > (c_scratch "/files")
  for (i = 1; i <= c_count; i++) {
    n = split(c_files[i], line, "\n") - 1
    for (k = 1; k <= n; k++) print "./" line[k] > (c_scratch "/files")
  }
  if (close(c_scratch "/files")) c_failed = 1
  n = split(c_each(paths), line, "\n") - 1
  if (c_option["ninja"]) {
    printf "%s:", c_option["target"] > file
    for (k = 1; k <= n; k++) {
      gsub(/[ #]/, "\\\\&", line[k])
      gsub(/\$/, "$$", line[k])
      printf " %s", line[k] > file
    }
    print "" > file
  } else {
    p = c_option["prefix"]
    printf "%s.needs-%s :=", p, c_stage > file
    for (k = 1; k <= n; k++) printf " \\\n  $(%s.root)%s", p, c_make_path(line[k]) > file
    print "\n$(" p ".needs-" c_stage "):" > file
    printf "%s.gone-%s :=", p, c_stage > file
    paths = ""
    for (i = 1; i <= c_count; i++) paths = paths c_outputs[i]
    n = split(paths, line, "\n") - 1
    for (k = 1; k <= n; k++) {
      line[k] = c_make_path(line[k])
      gsub(/\(/, "$(" p ".open)", line[k])
      gsub(/\)/, "$(" p ".close)", line[k])
      gsub(/,/, "$(" p ".comma)", line[k])
      printf " \\\n  $(if $(wildcard $(%s.root)%s),,%s-missing)", p, line[k], p > file
    }
    print "" > file
  }
  if (close(file)) c_failed = 1
}

function c_word(s) {
  gsub(/'/, "'\\''", s)
  return "'" s "'"
}
