# When a usage limit is over, as CLIs print it.
#
#   reset_of(LINE)   "at EPOCH", "in SECONDS", or "clock ZONE TEXT" of a time of day or a date; "" if there is no limit
#                    in the line, or no time. ZONE is - for that of this machine.
#
#   awk -v program=clock -v today="YEAR MONTH DAY WEEKDAY HOUR MINUTE SECOND" -f lib.awk   <TEXT
#                    prints how many seconds there are from today, which is now in ZONE, to that time; 0 if it has passed
#
# claude: "Claude AI usage limit reached|1760000000", "You've hit your limit · resets 3pm (Europe/Berlin)",
# "5-hour limit reached ∙ resets Oct 9, 5pm"; codex: "You've hit your usage limit. Try again in 3 days 4 hours.",
# "try again at Nov 28th, 2026 3:04 PM", "resets_in_seconds": 3600; gemini: "Your quota will reset after 18h30m21s."

program == "clock" { print until_clock(tolower($0)) }

function reset_of(line,    low, rest, n) {
  low = tolower(line)
  if (!is_limit(low)) return ""
  if (match(low, /\|[0-9]+/)) return "at " epoch(substr(low, RSTART + 1, RLENGTH - 1))
  if (match(low, /resets?[_ ]?(at|time|on)?"?[:= ]+"?[1-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]+/)) {
    rest = substr(low, RSTART, RLENGTH)
    sub(/^.*[^0-9]/, "", rest)
    return "at " epoch(rest)
  }
  if (match(low, /resets?_in_seconds"?[:= ]+[0-9]+/)) {
    rest = substr(low, RSTART, RLENGTH)
    sub(/^.*[^0-9]/, "", rest)
    return "in " (length(rest) > 8 ? "99999999" : rest)
  }
  low = with_digits(low)
  if (match(low, /(in|after|wait|wait for):? (about |approximately |~)?[0-9.]+ ?(w|week|weeks|d|day|days|h|hr|hrs|hour|hours|m|min|mins|minute|minutes|s|sec|secs|second|seconds)?([ ,]+(and )?[0-9.]+ ?[wdhms][a-z]*|[0-9.]+[wdhms][a-z]*)*/)) {
    n = in_seconds(substr(low, RSTART, RLENGTH))
    # A limit per minute is not a usage limit.
    if (n > 99999999) n = 99999999
    return n > 600 || low !~ /rate[ _-]?limit|per minute|requests/ ? "in " n : ""
  }
  if (match(low, /(resets?|try again|available again|until|renews?)[^0-9a-z]*(at|on|by)?[^0-9a-z]+.*/)) {
    rest = substr(line, RSTART, RLENGTH)
    if (tolower(rest) ~ /[0-9]/) return "clock " zone_of(rest) " " clip(rest, 120)
  }
  return ""
}

function is_limit(low) {
  return low ~ /usage[ _-]?limit|(hit|reached|exceeded) your ([a-z0-9-]+ )*limit|(hour|session|weekly|daily|monthly|hourly|opus|sonnet|model|plan|message|request) limit|limit (has been |was )?reached|(limit|quota) (will reset|resets)|out of (extra )?usage|exhausted your|limit_reached/
}

# "an hour" as "1 hour".
function with_digits(low) {
  gsub(/ (an|a|one) +minute/, " 1 minute", low)
  gsub(/ (an|a|one) +hour/, " 1 hour", low)
  gsub(/ (an|a|one) +day/, " 1 day", low)
  gsub(/ (an|a|one) +week/, " 1 week", low)
  return low
}

# Large numbers are milliseconds.
function epoch(n) {
  if (length(n) > 11) n = substr(n, 1, length(n) - 3)
  return bounded(n)
}

# Within what a shell of 32 bits can count.
function bounded(n) {
  return length(n) > 10 || n + 0 > 2147483647 ? "2147483647" : n
}

# A time that names its offset from UTC is reckoned from UTC.
function zone_of(text) {
  if (match(text, /\([A-Za-z_]+(\/[A-Za-z0-9_+-]+)*\)/)) return place_of(substr(text, RSTART + 1, RLENGTH - 2))
  if (text ~ /[^A-Za-z](UTC|GMT)([^A-Za-z]|$)|[0-9]Z/ || text ~ offset_form()) return "UTC"
  return match(text, /[ (]([PMCE][SD]?T|CES?T|BST)([^A-Za-z]|$)/) ? place_of(substr(text, RSTART + 1, RLENGTH - 1)) : "-"
}

# Where such an abbreviation is used; the zone's own data know when its summer is.
function place_of(zone) {
  sub(/[^A-Za-z0-9_\/+-].*$/, "", zone)
  if (zone ~ /^P[SD]?T$/) return "America/Los_Angeles"
  if (zone ~ /^M[SD]?T$/) return "America/Denver"
  if (zone ~ /^C[SD]?T$/) return "America/Chicago"
  if (zone ~ /^E[SD]?T$/) return "America/New_York"
  if (zone ~ /^CES?T$/) return "Europe/Berlin"
  return zone == "BST" ? "Europe/London" : zone
}

function offset_form() {
  return ":[0-9][0-9](\\.[0-9]+)?[-+][0-9][0-9]:?[0-9][0-9]"
}

# Seconds that the time is ahead of UTC: 3600 of "2026-11-27T18:00:00+01:00".
function offset_of(text,    n) {
  if (!match(text, offset_form())) return 0
  text = substr(text, RSTART, RLENGTH)
  n = text ~ /-/ ? -1 : 1
  gsub(/[^0-9]/, "", text)
  text = substr(text, length(text) - 3)
  return n * (substr(text, 1, 2) * 3600 + substr(text, 3) * 60)
}

function until_clock(text,    now_is, day, time, left, dated, week) {
  split(today, now_is, " ")
  week = 0
  day = day_of(text, now_is)
  dated = day != ""
  if (!dated) day = days(now_is[1], now_is[2], now_is[3])
  time = time_of(text)
  if (time < 0) time = 0
  left = (day - days(now_is[1], now_is[2], now_is[3])) * 86400 + time - now_is[5] * 3600 - now_is[6] * 60 - now_is[7] - offset_of(text)
  # A time of day that has just passed is not tomorrow's.
  if (!dated && left < -600) left += 86400
  return left < 0 ? 0 : left
}

# The day that is named, in days; "" if there is none.
function day_of(text, now_is,    part, month, name, n, year, wanted) {
  if (match(text, /[12][0-9][0-9][0-9]-[0-9][0-9]?-[0-9][0-9]?/)) {
    split(substr(text, RSTART, RLENGTH), part, "-")
    return days(part[1], part[2], part[3])
  }
  if (match(text, /[0-9][0-9]?\/[0-9][0-9]?\/[12][0-9][0-9][0-9]/)) {
    split(substr(text, RSTART, RLENGTH), part, "/")
    return days(part[3], part[1], part[2])
  }
  name = ""
  if (match(text, /(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? +[0-9][0-9]?([^0-9]|$)/)) {
    name = substr(text, RSTART, 3)
    n = substr(text, RSTART, RLENGTH)
    gsub(/[^0-9]/, "", n)
  } else if (match(text, /[0-9][0-9]? +(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)/)) {
    n = substr(text, RSTART, RLENGTH) + 0
    name = substr(text, RSTART + RLENGTH - 3, 3)
  }
  if (name != "") {
    month = (index("janfebmaraprmayjunjulaugsepoctnovdec", name) + 2) / 3
    year = now_is[1]
    if (match(text, /20[0-9][0-9]/)) return days(substr(text, RSTART, 4), month, n)
    return days(year, month, n) < days(year, now_is[2], now_is[3]) - 180 ? days(year + 1, month, n) : days(year, month, n)
  }
  if (text ~ /tomorrow/) return days(now_is[1], now_is[2], now_is[3]) + 1
  if (match(text, /(mon|tue|wed|thu|fri|sat|sun)(day|sday|nesday|rsday|urday)?([^a-z]|$)/)) {
    wanted = (index("montuewedthufrisatsun", substr(text, RSTART, 3)) + 2) / 3
    return days(now_is[1], now_is[2], now_is[3]) + (wanted - now_is[4] + 7) % 7
  }
  return ""
}

# Seconds since midnight; -1 if no time is named.
function time_of(text,    time, part, n) {
  if (text ~ /midnight/) return 0
  if (text ~ /noon/) return 43200
  if (!match(text, /[0-9][0-9]?(:[0-9][0-9])? ?[ap]\.?m/) && !match(text, /[0-9][0-9]?:[0-9][0-9]/)) return -1
  time = substr(text, RSTART, RLENGTH)
  split(time, part, ":")
  n = part[1] % 24
  if (time ~ /[ap]\.?m/) n = n % 12 + (time ~ /p/ ? 12 : 0)
  return n * 3600 + part[2] * 60
}

# Days from the first of March of the year 0 (simple in the Gregorian calendar).
function days(year, month, day) {
  year += 0
  month += 0
  if (month <= 2) {
    year--
    month += 12
  }
  return 365 * year + int(year / 4) - int(year / 100) + int(year / 400) + int((153 * (month - 3) + 2) / 5) + day
}
