# What a session of claude used, for envelope-claude.awk: costs and tokens of its result events, and of what these do not
# sum up.
#
# unbilled[MESSAGE]      what a message used, until a result event sums it up

# note_usage(EVENT): all events of a message have the same, at their ends.
function note_usage(text,    tail, id) {
  tail = substr(text, length(text) - 1500)
  if (!match(tail, /"usage": *[{]/)) return
  tail = substr(tail, RSTART + RLENGTH - 1)
  id = "."
  if (match(substr(text, 1, 400), /"id": *"[^"\\]*"/)) id = substr(text, RSTART, RLENGTH)
  unbilled[id] = tail
}

# Costs and modelUsage are those of the session so far, subagents and small models included; all else is the turn's.
function bill_turn(    usage, kinds, n) {
  n = number_of(event, kind, "total_cost_usd")
  if (n != "" && (cost == "" || n + 0 >= cost + 0)) cost = n
  n = number_of(event, kind, "num_turns")
  if (n != "") turns += n
  split("", unbilled)
  if (kind["session_id"] == "string") session = json_text(get(event, "session_id"))
  json_scan(get(event, "usage"), usage, kinds)
  add_usage(usage, kinds)
  add_hours(get(usage, "cache_creation"))
  add_models(get(event, "modelUsage"))
}

function add_usage(usage, kinds,    sent, read, written, got) {
  sent = number_of(usage, kinds, "input_tokens")
  read = number_of(usage, kinds, "cache_read_input_tokens")
  written = number_of(usage, kinds, "cache_creation_input_tokens")
  got = number_of(usage, kinds, "output_tokens")
  if ((sent read written) != "") turn_in += sent + read + written
  if (read != "") turn_read += read
  if (written != "") turn_write += written
  if (got != "") turn_out += got
}

# bill_rest: the messages that no result event sums up, of a CLI that was ended before.
function bill_rest(    id, usage, kinds, sent, got) {
  for (id in unbilled) {
    if (json_scan(object_at(unbilled[id]), usage, kinds) != "object") continue
    sent = turn_in
    got = turn_out
    add_usage(usage, kinds)
    if (all_in == "") continue
    all_in += turn_in - sent
    all_out += turn_out - got
  }
}

# object_at(TEXT): the object at the beginning of TEXT, which has braces in no string.
function object_at(text,    n, part, i, depth) {
  n = split(text, part, /[}]/)
  for (i = 1; i < n; i++) {
    depth += gsub(/[{]/, "{", part[i]) - 1
    if (!depth) return json_join(part, 1, i, "}") "}"
  }
  return ""
}

# What is kept for an hour costs more to write.
function add_hours(text,    n, of) {
  if (json_scan(text, n, of) == "object") hour_write += number_of(n, of, "ephemeral_1h_input_tokens")
}

function add_models(models,    used, kinds, name, n, of, sent, got, read, written, some, less, dollars) {
  if (json_scan(models, used, kinds) != "object") return
  for (name in used) {
    if (json_scan(used[name], n, of) != "object" || (number_of(n, of, "inputTokens") number_of(n, of, "outputTokens")) == "") continue
    some = 1
    sent += n["inputTokens"] + n["cacheReadInputTokens"] + n["cacheCreationInputTokens"]
    got += n["outputTokens"]
    read += n["cacheReadInputTokens"]
    written += n["cacheCreationInputTokens"]
    if (number_of(n, of, "costUSD") != "") {
      dollars += n["costUSD"]
      less += saving(n)
    }
    if (n["outputTokens"] + 0 >= most[1] + 0) {
      most[1] = n["outputTokens"]
      busiest = name
    }
  }
  if (!some || sent + got < all_in + all_out) return
  all_in = sent
  all_out = got
  all_read = read + 0
  all_write = written + 0
  all_saved = less + 0
  if (dollars > 0) of_models = sprintf("%.6f", dollars)
}

# What the cache has saved of a model's costs.  By the price list a token that is read from it costs a tenth, one that is
# written 1.25 times as much (2 times, for an hour), and one that comes out 5 times as much, of one that is sent.
function saving(n,    write, units) {
  write = 1.25 + (turn_write ? 0.75 * hour_write / turn_write : 0)
  units = n["inputTokens"] + 0.1 * n["cacheReadInputTokens"] + write * n["cacheCreationInputTokens"] + 5 * n["outputTokens"]
  if (units <= 0) return 0
  return (n["costUSD"] - 0.01 * n["webSearchRequests"]) / units * (0.9 * n["cacheReadInputTokens"] - (write - 1) * n["cacheCreationInputTokens"])
}

function figures() {
  bill_rest()
  figure("cost", cost != "" ? cost : of_models)
  print_count("tokens_in", all_in != "" ? all_in : turn_in)
  print_count("tokens_out", all_out != "" ? all_out : turn_out)
  print_count("cache_read", all_read != "" ? all_read : turn_read)
  print_count("cache_write", all_write != "" ? all_write : turn_write)
  if (all_read + all_write > 0 && all_saved != 0) printf "cache_saved %.6f\n", all_saved
  if (turns != "") print "turns " turns
  if (session != "") print clip("session " session, 300)
  if (answered_by == "") answered_by = speaker
  if (answered_by == "") answered_by = busiest
  if (answered_by != "") print clip("model " answered_by, 300)
}
