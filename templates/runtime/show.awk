# How the awk programs of the runtime show things to a person.

function duration(s) {
  if (s + 0 < 60) return s "s"
  if (s + 0 < 3600) return int(s / 60) "m" int(s % 60) "s"
  return int(s / 3600) "h" int(s % 3600 / 60) "m"
}

function dollars(usd) { return "$" sprintf(usd + 0 >= 0.01 || usd + 0 == 0 ? "%.2f" : "%.2g", usd) }

function thousands(n) {
  if (n < 1000) return n + 0
  return n < 999950 ? sprintf("%.1fk", n / 1000) : sprintf("%.1fM", n / 1000000)
}

# What an agent printed reaches a terminal as UTF-8 without control characters: without C0 and C1, and without
# characters that change the direction of writing or are invisible.
function printable(s,    seen, at, n) {
  s = substr(s, 1, 4000) # as much as anybody reads
  gsub(/[\001-\037\177]/, " ", s)
  while (match(s, /[\200-\377]+/)) {
    at = RSTART
    n = RLENGTH
    seen = seen substr(s, 1, at - 1) visible(substr(s, at, n))
    s = substr(s, at + n)
  }
  return seen s
}

function visible(s,    seen, c) {
  for (; s != ""; s = substr(s, length(c) + 1)) {
    c = first_character(s)
    if (length(c) == 1) seen = seen "?"
    else if (c ~ /^(\302[\200-\237]|\330\234|\342\200[\216\217\250-\256]|\342\201[\246-\251]|\363\240[\200\201])/) seen = seen " "
    else seen = seen c
  }
  return seen
}

# first_character S: of a text that begins with a byte above 127; that byte alone if it begins none.
function first_character(s) {
  if (match(s, /^[\302-\337][\200-\277]/)) return substr(s, 1, 2)
  if (match(s, /^[\340-\357][\200-\277][\200-\277]/)) return substr(s, 1, 3)
  if (match(s, /^[\360-\364][\200-\277][\200-\277][\200-\277]/)) return substr(s, 1, 4)
  return substr(s, 1, 1)
}

# swapped S OLD NEW: replaces each character OLD.  The replacement text of gsub means different things in different awks.
function swapped(s, old, new,    part, n, i, all) {
  n = split(s, part, old)
  for (i = 1; i <= n; i++) all = all (i > 1 ? new : "") part[i]
  return all
}
