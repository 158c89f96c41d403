# Decides whether the same attempt may succeed when it is made again.
#
#   awk -v program=transient [-v account=FACTS] -f lib.awk FILE...
#
#   FACTS  what the envelope says of the last error, each followed by a semicolon: api STATUS, class NAME,
#          retry SECONDS, limit EPOCH
#
# The first line of all is the reason for the failure; what follows is what was printed and logged. Prints
#   transient            try again
#   transient SECONDS    try again, after the time that the API has asked for
#   limit ...            a usage limit that resets; limit.awk has the forms
#   final                nothing will be different
# A class decides before words do: the API's status, the CLI's own name for the error. Words of the reason come next, and
# only those of a reason that is an error itself. If the reason says nothing, such as "exit status 1", the lines that
# begin like an error decide: an answer or a task about rate limits is not a failure of the API.

BEGIN { if (program == "transient") tables() }

program == "transient" && NR == 1 {
  reason_given = substr($0, 1, 4000)
  verdict = verdict_of(reason_given)
  if (verdict == "" && !tells_nothing(reason_given)) verdict = "final"
}
program == "transient" { weigh(substr($0, 1, 4000)) }

END { if (program == "transient") print_verdict() }

function print_verdict() {
  read_facts()
  if (is_final(reason_given) || reset == "" && is_used_up(tolower(reason_given))) verdict = "final"
  else if (class_verdict != "") verdict = class_verdict
  else if (verdict == "") verdict = seen == "" ? "final" : seen
  if (reset == "" && wait > 3600 && (fact_of["api"] == 429 || verdict == "transient" && wait < 1000000)) reset = "in " (wait > 99999999 ? 99999999 : wait)
  if (reset != "" && !is_final(reason_given)) verdict = "limit " reset
  else if (verdict == "transient" && wait != "") verdict = verdict " " (wait > 3600 ? 3600 : wait)
  print verdict
}

# The status is that of HTTP. The names are those of claude's events and of Anthropic's and OpenAI's errors.
function read_facts(    part, n, i, name) {
  n = split(account, part, ";")
  for (i = 1; i <= n; i++) {
    name = part[i]
    sub(/ .*/, "", name)
    fact_of[name] = substr(part[i], length(name) + 2)
  }
  if ("api" in fact_of) class_verdict = status_verdict(fact_of["api"])
  name = tolower(fact_of["class"])
  if (class_verdict == "" && name ~ /^(rate_limit|rate_limit_error|overloaded|overloaded_error|server_error|api_error|timeout_error)$/)
    class_verdict = "transient"
  if (class_verdict == "" && name ~ /^(authentication_failed|billing_error|invalid_request|permission_error|oauth_org_not_allowed)$/)
    class_verdict = "final"
  if (fact_of["retry"] + 0 > wait + 0) wait = int(fact_of["retry"]) + (fact_of["retry"] > int(fact_of["retry"]))
  if (fact_of["limit"] ~ /^[0-9]+$/) reset = "at " epoch(fact_of["limit"])
}

function status_verdict(code) {
  if (code ~ /^(408|409|425|429|5[0-9][0-9])$/ && code != 501 && code != 505) return "transient"
  return code ~ /^[45][0-9][0-9]$/ ? "final" : ""
}

# A wait counts wherever an error names it. What is final outweighs what is transient: a used-up quota is
# reported with the status 429, too.
function weigh(line,    found) {
  if (NR > 1 && !is_error(line)) return
  if (reset == "") reset = reset_of(line)
  # The other form of RFC 9110, 10.2.3.
  if (reset == "" && match(line, /[Rr]etry-[Aa]fter"?: *"?[A-Z][a-z][a-z], [0-9]+ [A-Z][a-z][a-z] [0-9]+ [0-9:]+/))
    reset = "clock UTC " substr(line, RSTART, RLENGTH)
  line = tolower(line)
  find_wait(line)
  found = verdict_of(line)
  if (NR > 1 && found != "" && seen != "final") seen = found
}

# Gemini reports a quota per minute in the words that others use for an exhausted one. What a command printed
# last is not an error unless it begins like one, or with the words of a fault.
function verdict_of(line,    i, minutely) {
  if (is_final(line)) return "final"
  line = tolower(line)
  if (line ~ /^exit status [0-9]+: / && !complains(substr(line, index(line, ": ") + 2)) && \
      !opens(substr(line, index(line, ": ") + 2))) return ""
  minutely = is_minutely(line)
  for (i = 1; i <= transients; i++) if (line ~ transient[i]) return "transient"
  return minutely ? "transient" : ""
}

# Does the line begin with the words of a transient fault, such as "connection refused"?
function opens(line,    i) {
  for (i = 1; i <= transients; i++) if (match(line, transient[i]) && RSTART == 1) return 1
  return 0
}

function is_final(line,    i, minutely) {
  line = tolower(line)
  minutely = is_minutely(line)
  for (i = 1; i <= finals; i++) if (line ~ final[i] && !(minutely && i == quota)) return 1
  return 0
}

# A limit that does not say when it resets: gemini's TerminalQuotaError, claude's "You've hit your limit".
function is_used_up(line) {
  return line ~ /daily quota|perday|exhausted your|usage limit|you.ve hit your/
}

function is_minutely(line) {
  return line ~ /perminute|retry in [0-9]|"retrydelay"/
}

function tells_nothing(reason) {
  return reason ~ /^exit status [0-9]+/ || reason ~ /: the answer is incomplete/ || \
    reason ~ /^ended/ || reason ~ /without a reason|and no reason/
}

# An error as complains() knows it, {"type":"error",...}, or a member of an error that is printed over several lines.
function is_error(line) {
  line = tolower(line)
  return complains(line) || opens(line) || line ~ /^[{].*"type": *"(error|turn[.]failed)"/ || line ~ /^[{].*"subtype": *"api_retry"/ || \
    line ~ /^ *"?(error|message|status|code|retrydelay|retry[-_]?after([-_]ms)?)"?: / || \
    line ~ /^ *(please )?(retry|try again|wait)(ing)? (in |after |for )?[0-9]/
}

# Sets wait to the longest time that was asked for, in whole seconds: "retry-after: 30",
# "Please try again in 6m0.5s", "retry in 34.07s", "retryDelay": "34s", "try again in 20ms".
function find_wait(line,    n) {
  line = with_digits(line)
  if (!match(line, /retry[-_]?_?(after|delay)([-_]ms)?"?:? *"?[0-9.]+( *[a-z]+)?/) && \
      !match(line, /((try again|retry)(ing)? (in|after)|wait( for)?) (about )?[0-9.]+ *[a-z]*( ?[0-9.]+ ?[a-z]+)*/)) return
  n = in_seconds(substr(line, RSTART, RLENGTH))
  if (n > wait + 0) wait = n
}

function in_seconds(text,    ms, n, unit, total) {
  ms = text ~ /[-_]ms/
  while (match(text, /[0-9]+(\.[0-9]+)?/)) {
    n = substr(text, RSTART, RLENGTH > 15 ? 15 : RLENGTH) + 0
    text = substr(text, RSTART + RLENGTH)
    unit = text
    sub(/^ */, "", unit)
    if (ms || unit ~ /^(ms|milli)/) n /= 1000
    else if (unit ~ /^m/) n *= 60
    else if (unit ~ /^h/) n *= 3600
    else if (unit ~ /^d/) n *= 86400
    else if (unit ~ /^w/) n *= 604800
    total += n
  }
  if (total > 1000000000) total = 1000000000
  return int(total) + (total > int(total))
}

function tables() {
  # Errors that a wait of minutes does not cure.
  # OpenAI, guide "Error codes": 429 "You exceeded your current quota", type insufficient_quota
  final[quota = ++finals] = "exceeded your current quota|plan and billing"
  final[++finals] = "insufficient_quota"
  # claude 2.1.332: "Credit balance is too low"; codex: "monthly spend limit"
  final[++finals] = "credit balance is too low|spend(ing)? limit|spend cap"
  # What agent.sh and the envelopes say
  final[++finals] = "^timed out after|^permission denied|^empty answer|^the prompt has|is not installed|^it did not write|^not started|^work in the background"
  # HTTP: the request itself is wrong (RFC 9110, 15.5); 408, 409, 425 and 429 are not in it
  final[++finals] = "(api|status|code)[\":=]* *(40[0-7]|41[0-9]|42[0-46-8]|431|451)([^0-9]|$)"

  # HTTP: RFC 9110 (408, 500, 502-504), RFC 8470 (425), RFC 6585 (429), Cloudflare (520-524), and 529 of
  # Anthropic's "Errors"; as in "API 529", "last status: 429", "Error code: 503", "\"code\":429", "failed: 429", "(429)"
  transient[++transients] = "(api|api error|status|status_?code|code|http|http/[0-9.]+|error|failed|failure|repeated)[\":=(]* *(408|409|425|429|50[0234]|52[0-49])([^0-9]|$)"
  transient[++transients] = "rejected \\(429\\)"
  # Their names: RFC 9110, RFC 6585
  transient[++transients] = "too many requests|internal ?server ?error|bad gateway|service unavailable|gateway time-?out"
  # Anthropic, "Errors": rate_limit_error, overloaded_error, api_error, timeout_error
  transient[++transients] = "rate[ _-]?limit|overloaded|timeout_error|\"api_error\""
  # OpenAI, "Error codes": "The server had an error while processing your request", server_error
  transient[++transients] = "server had an error|server_error|server is busy|currently experiencing high demand"
  # Google, google.rpc.Code: RESOURCE_EXHAUSTED, UNAVAILABLE, INTERNAL
  transient[++transients] = "resource_exhausted|resource has been exhausted|\"?status\"?: *\"?(unavailable|internal)\""
  # gemini 0.61.0: INVALID_STREAM
  transient[++transients] = "may be a transient api issue|invalid_stream"
  # claude 2.1.332: "Unable to connect to API (ConnectionRefused)", "Connection to the API was lost", "Stream idle timeout"
  transient[++transients] = "unable to connect to api|connection to the api was lost|connectionrefused|stream idle timeout"
  # codex 0.171.0: "stream disconnected before completion: ...", "error sending request for url (...)"
  transient[++transients] = "stream disconnected|error sending request|waiting for network|stream closed before"
  # errno(3), as libc, Node and Go write it
  transient[++transients] = "econnreset|econnrefused|econnaborted|etimedout|epipe|eai_again|enetunreach|ehostunreach|ehostdown|enetdown"
  transient[++transients] = "connection (was )?(reset|refused|aborted|closed|timed out|error)|broken pipe|network is unreachable|temporary failure in name resolution"
  # Node: undici's fetch, and AbortSignal; Python: httpx, urllib3; OpenAI's and Anthropic's SDK: "Connection error.", "Request timed out."
  transient[++transients] = "socket hang up|fetch failed|(error|fetch|request|stream): *terminated|terminated: other side closed|premature close|und_err_"
  transient[++transients] = "the operation timed out|operation was aborted due to timeout|(connect|request|read|socket|headers|body|idle|response) ?timeout"
  transient[++transients] = "server disconnected|peer closed connection|remote end closed|read timed out|max retries exceeded|request timed out|apitimeouterror|apiconnectionerror"
  # Go: net/http; Envoy, in front of many APIs
  transient[++transients] = "tls handshake timeout|i/o timeout|unexpected eof|client\\.timeout exceeded|context deadline exceeded"
  transient[++transients] = "no healthy upstream|upstream connect error|upstream request timeout|disconnect/reset before headers"
  # slurm.sh, of a job that Slurm could not keep
  transient[++transients] = "error: the job was lost: node failure|due to preemption"
  # curl(1), EXIT CODES: resolve, connect, timeout, empty reply, send, receive
  transient[++transients] = "curl: \\((6|7|28|52|55|56)\\)"
}
