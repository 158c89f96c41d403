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

# What an agent printed reaches a terminal without its control characters.
function printable(s) {
  gsub(/[\001-\037\177]/, " ", s)
  return s
}
