# JSON for awk programs: functions only, so load it before the program that uses it,
#   LC_ALL=C awk -f json.awk -f program.awk ...
# Strings are strings of bytes, hence LC_ALL=C. Everything runs in linear time (json_join: n log n).
#
# json_scan(text, value, kind)    reads one object or array, one level of it. Returns "object",
#                                 "array", or "" (and empty arrays) if the text is anything else.
# json_start(value, kind)         the same for a text that arrives in lines: start once, then
# json_feed(line, value, kind)    feed each line, until it says "done" or "bad" instead of "more".
#                                 One text at a time: no json_scan in between.
# json_text(raw)                  decodes what stands between a string's quotes to UTF-8.
# json_quote(s)                   s as a JSON string, quotes included.
# json_join(a, from, to, sep)     a[from] sep ... sep a[to]
#
# After a scan, kind[k] and value[k] describe the member k: a decoded key, or 1, 2, ... in an array.
#   kind       value
#   string     what stands between the quotes, not decoded
#   number     as written
#   boolean    true or false
#   null       null
#   object     its JSON text, without blanks outside strings: scan that to go down a level
#   array      the same
# Of two equal keys the last one counts. Names that begin with j_ are private.

function json_scan(text, value, kind,    line, n, i, state) {
  json_start(value, kind)
  n = split(text, line, "\n")
  for (i = 1; i <= n && state != "bad"; i++) state = json_feed(line[i], value, kind)
  if (state == "done") return j_kind[j_in[1]]
  json_start(value, kind)
  return ""
}

function json_start(value, kind) {
  j_init()
  split("", value)
  split("", kind)
  j_depth = j_tokens = 0
  j_want = "{["
}

# Cut at the quotes, the odd pieces are marks and the even ones strings, but for escaped quotes.
function json_feed(line, value, kind,    piece, n, i, j) {
  n = split(line, piece, "\"")
  for (i = 1; i <= n; i = j + 1) {
    if (!j_marks(piece[i], value, kind)) return "bad"
    for (j = i + 1; j < n && j_odd(piece[j]); j++) ;
    if (i == n) break
    if (j == n || !j_take("s", json_join(piece, i + 1, j, "\""), value, kind)) return "bad"
  }
  return j_want == "" ? "done" : "more"
}

function json_text(raw,    part, n, i, c) {
  if (!index(raw, "\\")) return raw
  j_init()
  n = split(raw, part, "\\")
  for (i = 2; i <= n; i++) {
    c = substr(part[i], 1, 1)
    if (c == "") {
      # Two backslashes: the part after them is plain.
      part[i] = "\\"
      i++
    } else if (c == "u") {
      i = j_unicode(part, i)
    } else {
      part[i] = (c in j_plain ? j_plain[c] : c) substr(part[i], 2)
    }
  }
  return json_join(part, 1, n, "")
}

# Line by line: whatever split cuts at, original-awk cuts at newlines too.
function json_quote(s,    line, n, i) {
  if (s !~ /[\001-\037"\\]/) return "\"" s "\""
  j_init()
  n = split(s, line, "\n")
  for (i = 1; i <= n; i++) line[i] = j_quote(line[i])
  return "\"" json_join(line, 1, n, "\\n") "\""
}

# By halves: appending to one long string would copy it each time.
function json_join(a, from, to, sep,    middle) {
  if (from >= to) return from == to ? a[from] : ""
  middle = int((from + to) / 2)
  return json_join(a, from, middle, sep) sep json_join(a, middle + 1, to, sep)
}

# The text between two strings. Cut at the commas, since gsub on a long one is slow in busybox awk.
function j_marks(s, value, kind,    part, n, i) {
  if (s == ":") return j_take(":", s, value, kind)
  n = split(s, part, ",")
  for (i = 1; i <= n; i++) {
    if (i > 1 && !j_take(",", ",", value, kind)) return 0
    if (part[i] != "" && !j_words(part[i], value, kind)) return 0
  }
  return 1
}

function j_words(s, value, kind,    word, n, i, c) {
  gsub(/[][{}:]/, " & ", s)
  gsub(/\r/, " ", s)
  n = split(s, word, " ")
  for (i = 1; i <= n; i++) {
    if (word[i] ~ /^[][{}:]$/) c = word[i]
    else if (word[i] ~ /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/) c = "n"
    else if (word[i] == "true" || word[i] == "false") c = "b"
    else if (word[i] == "null") c = "z"
    else return 0
    if (!j_take(c, word[i], value, kind)) return 0
  }
  return 1
}

# Takes the token t of class c: one of the six marks, s(tring), n(umber), b(oolean) or z (null).
# j_want lists the classes that may come next; it begins with s where a string would be a key.
function j_take(c, t, value, kind,    closing) {
  if (!index(j_want, c)) return 0
  closing = c == "}" || c == "]"
  if (c == "{" || c == "[") j_in[++j_depth] = c
  if (j_depth > 1) j_token[++j_tokens] = c == "s" ? "\"" t "\"" : t
  if (closing) j_depth--

  if (c == "{") j_want = "s}"
  else if (c == "[") j_want = j_value "]"
  else if (c == ":") j_want = j_value
  else if (c == ",") j_want = j_in[j_depth] == "{" ? "s" : j_value
  else if (c == "s" && j_want ~ /^s/) j_want = ":"
  else if (j_depth == 0) j_want = ""
  else j_want = j_in[j_depth] == "{" ? ",}" : ",]"

  if (j_depth == 1) j_member(c, t, value, kind)
  return 1
}

# Notes what a token means for the members of the outermost object or array.
function j_member(c, t, value, kind) {
  if (c == "{" || c == "[") j_name = 1
  else if (c == ",") j_name++
  else if (j_want == ":") j_name = json_text(t)
  else if (c != ":") {
    kind[j_name] = j_kind[c]
    value[j_name] = j_tokens ? json_join(j_token, 1, j_tokens, "") : t
    j_tokens = 0
  }
}

# Does s end in an odd number of backslashes, so that the quote after it is escaped?
function j_odd(s,    n) {
  n = length(s)
  if (substr(s, n) != "\\") return 0
  if (match(s, /[^\\]\\*$/)) n -= RSTART
  return n % 2
}

# Decodes part[i], which begins with the u of a \u, and returns the index of the last part it used.
function j_unicode(part, i,    high, low) {
  high = j_hex(substr(part[i], 2, 4))
  if (high >= 55296 && high < 56320 && length(part[i]) == 5 && part[i + 1] ~ /^u/) {
    low = j_hex(substr(part[i + 1], 2, 4))
    if (low >= 56320 && low < 57344) {
      part[i] = j_utf8(65536 + (high - 55296) * 1024 + low - 56320)
      part[i + 1] = substr(part[i + 1], 6)
      return i + 1
    }
  }
  part[i] = j_utf8(high) substr(part[i], 6)
  return i
}

# A file of text holds neither a NUL nor half of a surrogate pair: both become U+FFFD.
function j_utf8(n) {
  if (n < 1 || n >= 55296 && n < 57344) n = 65533
  if (n < 128) return j_byte[n]
  if (n < 2048) return j_byte[192 + int(n / 64)] j_byte[128 + n % 64]
  if (n < 65536) return j_byte[224 + int(n / 4096)] j_tail(n)
  return j_byte[240 + int(n / 262144)] j_byte[128 + int(n / 4096) % 64] j_tail(n)
}

function j_tail(n) {
  return j_byte[128 + int(n / 64) % 64] j_byte[128 + n % 64]
}

# The number that four hex digits stand for; 0 for anything else.
function j_hex(s,    n, i, d) {
  if (s !~ /^[0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f]$/) return 0
  for (i = 1; i <= 4; i++) n = n * 16 + index("123456789abcdef", tolower(substr(s, i, 1)))
  return n
}

function j_quote(s,    i) {
  s = j_swap(j_swap(s, "\\", "\\\\"), "\"", "\\\"")
  if (s ~ /[\001-\037]/) for (i = 1; i < 32; i++) s = j_swap(s, j_byte[i], j_escape[i])
  return s
}

function j_swap(s, old, new,    part, n) {
  if (!index(s, old)) return s
  n = split(s, part, old)
  return json_join(part, 1, n, new)
}

# Bytes above 127 are spelt out: printf "%c" makes UTF-8 of them in some awks.
function j_init(    high, n, i, digit) {
  if (j_value != "") return
  j_value = "{[snbz"
  j_kind["{"] = j_kind["}"] = "object"
  j_kind["["] = j_kind["]"] = "array"
  j_kind["s"] = "string"
  j_kind["n"] = "number"
  j_kind["b"] = "boolean"
  j_kind["z"] = "null"
  for (i = 1; i < 128; i++) j_byte[i] = sprintf("%c", i)
  n = split( \
    "\200 \201 \202 \203 \204 \205 \206 \207 \210 \211 \212 \213 \214 \215 \216 \217 " \
    "\220 \221 \222 \223 \224 \225 \226 \227 \230 \231 \232 \233 \234 \235 \236 \237 " \
    "\240 \241 \242 \243 \244 \245 \246 \247 \250 \251 \252 \253 \254 \255 \256 \257 " \
    "\260 \261 \262 \263 \264 \265 \266 \267 \270 \271 \272 \273 \274 \275 \276 \277 " \
    "\300 \301 \302 \303 \304 \305 \306 \307 \310 \311 \312 \313 \314 \315 \316 \317 " \
    "\320 \321 \322 \323 \324 \325 \326 \327 \330 \331 \332 \333 \334 \335 \336 \337 " \
    "\340 \341 \342 \343 \344 \345 \346 \347 \350 \351 \352 \353 \354 \355 \356 \357 " \
    "\360 \361 \362 \363 \364 \365 \366 \367 \370 \371 \372 \373 \374 \375 \376 \377", high, " ")
  for (i = 1; i <= n; i++) j_byte[127 + i] = high[i]
  for (i = 1; i < 32; i++) {
    digit = i % 16
    j_escape[i] = "\\u00" int(i / 16) substr("0123456789abcdef", digit + 1, 1)
  }
  n = split("b 8 t 9 n 10 f 12 r 13", high, " ")
  for (i = 1; i < n; i += 2) {
    j_plain[high[i]] = j_byte[high[i + 1]]
    j_escape[high[i + 1]] = "\\" high[i]
  }
}
