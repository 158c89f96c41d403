# Texts for awk programs: functions only. Strings are strings of bytes, hence LC_ALL=C.
#
# clip(s, max)     s as one line of at most max bytes of UTF-8
# utf8(s)          s with U+FFFD in place of each byte that is not UTF-8
# blank(s)         is there nothing in it that a reader could see?
# complains(line)  does the line begin like an error?
# uncoloured(s)         s without the codes that colour a terminal

function clip(s, max) {
  s = uncoloured(substr(s, 1, 4 * max))
  gsub(/[\001-\037\177]/, " ", s)
  s = utf8(substr(s, 1, max + 4))
  if (length(s) <= max) return s
  s = substr(s, 1, max)
  sub(/[\300-\377][\200-\277]*$/, "", s)
  return s
}

# RFC 3629, section 4: no overlong forms, no surrogates, nothing above U+10FFFF.
function utf8(s,    all) {
  if (s !~ /[\200-\377]/) return s
  while (s != "") {
    if (match(s, /^([\001-\177]|[\302-\337][\200-\277]|\340[\240-\277][\200-\277]|[\341-\354\356\357][\200-\277][\200-\277]|\355[\200-\237][\200-\277]|\360[\220-\277][\200-\277][\200-\277]|[\361-\363][\200-\277][\200-\277][\200-\277]|\364[\200-\217][\200-\277][\200-\277])+/)) {
      all = all substr(s, 1, RLENGTH)
      s = substr(s, RLENGTH + 1)
    } else {
      all = all "\357\277\275"
      s = substr(s, 2)
    }
  }
  return all ""
}

# Most answers show it in their first line.
function blank(s,    head) {
  if (s == "") return 1
  if (length(s) > 2000) {
    head = substr(s, 1, 2000)
    sub(/[\300-\377][\200-\277]*$/, "", head)
    if (!unseen(head)) return 0
  }
  return unseen(s)
}

# Besides controls and white space: soft hyphen, joiners, marks of direction, variation selectors, fillers, tags,
# the byte order mark and the spaces of Unicode.
function unseen(s) {
  s = uncoloured(s)
  gsub(/[\001-\040\177]+/, "", s)
  if (s == "" || s ~ /[!-~]/) return s == ""
  gsub(/\302[\200-\240\255]|\315\217|\330\234|\341\205[\237\240]|\341\232\200|\341\236[\264\265]|\341\240[\213-\217]/, "", s)
  gsub(/\342\200[\200-\217\250-\257]|\342\201[\237-\257]|\342\240\200|\343\200\200|\343\205\244/, "", s)
  gsub(/\357\270[\200-\217]|\357\273\277|\357\276\240|\357\277[\271-\273]|\363\240[\200-\207][\200-\277]/, "", s)
  return s == ""
}

function uncoloured(s) {
  if (index(s, "\033")) gsub(/\033\[[0-9;:?]*[@-~]/, "", s)
  return s
}

# "Error: ...", "[ERROR] ...", "API Error: ...", "openai.RateLimitError: ...", "Request failed: ...", "curl: (7) ...".
function complains(line) {
  line = tolower(uncoloured(substr(line, 1, 1000)))
  sub(/^[^a-z{]+/, "", line)
  if (line ~ /^([a-z_]+\.)*[a-z_]*(error|exception|fatal|curl|wget)([^a-z_]|$)/) return 1
  sub(/^(api|http|network|connection|stream|request|internal|server|client|provider|upstream|model|unexpected|uncaught|unhandled|fetch|tls|ssl) /, "", line)
  sub(/^(api|http|network|connection|stream|request|internal|server|client|provider|upstream|model|unexpected|uncaught|unhandled|fetch|tls|ssl) /, "", line)
  return line ~ /^([a-z_]+\.)*[a-z_]*(error|exception|failed|failure|rejected)( \([^)]*\))?:/
}
