# Tells whether the same attempt may succeed if it is made again.
#
#   LC_ALL=C awk -v program=transient -f lib.awk FILE...
#
# The first line of all is the reason for the failure; what follows is what was printed and logged. Prints
#   transient            try again
#   transient SECONDS    try again, after the time that the API has asked for
#   final                nothing will be different
# The reason decides. Only one that tells nothing, "exit status 1" say, lets the lines decide that begin like
# an error: an answer, or a task that speaks of rate limits, is no failure of the API.

BEGIN { if (program == "transient") tables() }

program == "transient" && NR == 1 {
  verdict = verdict_of($0)
  if (verdict == "" && !tells_nothing($0)) verdict = "final"
}
program == "transient" { weigh(tolower(substr($0, 1, 4000))) }

END { if (program == "transient") print_verdict() }

function print_verdict() {
  if (verdict == "") verdict = seen == "" ? "final" : seen
  print verdict (verdict == "transient" && wait != "" ? " " wait : "")
}

# A wait counts wherever an error tells it. What is final outweighs what is transient: a used-up quota is
# told with the status 429, too.
function weigh(line,    found) {
  if (NR > 1 && !is_error(line)) return
  find_wait(line)
  found = verdict_of(line)
  if (NR > 1 && found != "" && seen != "final") seen = found
}

# Gemini tells of a quota of each minute in the words that others have for one that is used up.
function verdict_of(line,    i, minutely) {
  line = tolower(line)
  minutely = line ~ /perminute|retry in [0-9]|"retrydelay"/
  for (i = 1; i <= finals; i++) if (line ~ final[i] && !(minutely && i == quota)) return "final"
  for (i = 1; i <= transients; i++) if (line ~ transient[i]) return "transient"
  return minutely ? "transient" : ""
}

function tells_nothing(reason) {
  return reason ~ /^exit status [0-9]+/ || reason ~ /: the answer is incomplete/ || \
    reason ~ /^ended without a status/ || reason ~ /without a reason|and no reason/
}

# "Error: ...", "[ERROR] ...", "openai.RateLimitError: ...", "curl: (7) ...", {"type":"error",...}, or a member
# of an error that is printed over several lines.
function is_error(line) {
  gsub(/\033\[[0-9;]*m/, "", line)
  return line ~ /^[^a-z{]*([a-z_]+\.)*[a-z_]*(error|exception|fatal|curl|wget)([^a-z_]|$)/ || \
    line ~ /^[{].*"type": *"(error|turn[.]failed)"/ || line ~ /^[{].*"subtype": *"api_retry"/ || \
    line ~ /^ *"?(error|message|status|code|retrydelay)"?: /
}

# Sets wait to the longest time that was asked for, in whole seconds: "retry-after: 30",
# "Please try again in 6m0.5s", "retry in 34.07s", "retryDelay": "34s", "try again in 20ms".
function find_wait(line,    n) {
  if (!match(line, /retry-?_?after(-ms)?"?:? *"?[0-9.]+( *[a-z]+)?/) && \
      !match(line, /(try again|retry)(ing)? (in|after) [0-9.]+ *[a-z]*( ?[0-9.]+ ?[a-z]+)*/) && \
      !match(line, /retrydelay"?: *"?[0-9.]+ *[a-z]*/)) return
  n = in_seconds(substr(line, RSTART, RLENGTH))
  if (n > wait + 0) wait = n
}

function in_seconds(text,    ms, n, unit, total) {
  ms = text ~ /after-ms/
  while (match(text, /[0-9]+(\.[0-9]+)?/)) {
    n = substr(text, RSTART, RLENGTH) + 0
    text = substr(text, RSTART + RLENGTH)
    unit = text
    sub(/^ */, "", unit)
    if (ms || unit ~ /^(ms|milli)/) n /= 1000
    else if (unit ~ /^m/) n *= 60
    else if (unit ~ /^h/) n *= 3600
    total += n
  }
  return int(total) + (total > int(total))
}

function tables() {
  # What no waiting of minutes mends.
  # OpenAI, guide "Error codes": 429 "You exceeded your current quota", type insufficient_quota
  final[quota = ++finals] = "exceeded your current quota|plan and billing"
  final[++finals] = "insufficient_quota"
  # claude 2.1.197: "Credit balance is too low", "You've hit your limit"; "usage limit reached"
  final[++finals] = "credit balance is too low|you.ve hit your|usage limit"
  # gemini 0.61.0, TerminalQuotaError: "You have exhausted your daily quota", "... your capacity"
  final[++finals] = "daily quota|perday|exhausted your (daily|capacity)"
  # What agent.sh and the envelopes say
  final[++finals] = "^timed out after|^permission denied|^empty answer|^the prompt has|is not installed|^it did not write|^not started"
  # HTTP: the request itself is wrong (RFC 9110, 15.5); 408, 409, 425 and 429 are not in it
  final[++finals] = "(api|status|code)[\":=]* *(40[0-7]|41[0-9]|42[0-46-8]|431|451)([^0-9]|$)"

  # HTTP: RFC 9110 (408, 500, 502-504), RFC 8470 (425), RFC 6585 (429), Cloudflare (520-524), and 529 of
  # Anthropic's "Errors"; as in "API 529", "last status: 429", "Error code: 503", "\"code\":429", "(429)"
  transient[++transients] = "(api|api error|status|status_?code|code|http|http/[0-9.]+|error)[\":=]* *(408|409|425|429|50[0234]|52[0-49])([^0-9]|$)"
  transient[++transients] = "rejected \\(429\\)"
  # Their names: RFC 9110, RFC 6585
  transient[++transients] = "too many requests|internal server error|bad gateway|service unavailable|gateway time-?out"
  # Anthropic, "Errors": rate_limit_error, overloaded_error, api_error, timeout_error
  transient[++transients] = "rate[ _-]?limit|overloaded|timeout_error|\"api_error\""
  # OpenAI, "Error codes": "The server had an error while processing your request", server_error
  transient[++transients] = "server had an error|server_error|server is busy|currently experiencing high demand"
  # Google, google.rpc.Code: RESOURCE_EXHAUSTED, UNAVAILABLE, INTERNAL
  transient[++transients] = "resource_exhausted|resource has been exhausted|\"?status\"?: *\"?(unavailable|internal)\""
  # gemini 0.61.0: INVALID_STREAM
  transient[++transients] = "may be a transient api issue|invalid_stream"
  # claude 2.1.197: "Unable to connect to API (ConnectionRefused)", "Connection to the API was lost"
  transient[++transients] = "unable to connect to api|connection to the api was lost|connectionrefused"
  # codex 0.169.0: "stream disconnected before completion: ...", "error sending request for url (...)"
  transient[++transients] = "stream disconnected|error sending request|waiting for network|stream closed before"
  # errno(3), as libc, Node and Go write it
  transient[++transients] = "econnreset|econnrefused|econnaborted|etimedout|epipe|eai_again|enetunreach|ehostunreach"
  transient[++transients] = "connection (was )?(reset|refused|aborted|closed|timed out|error)|broken pipe|network is unreachable|temporary failure in name resolution"
  # Node: undici's fetch; Python: httpx, urllib3; OpenAI's and Anthropic's SDK: "Connection error.", "Request timed out."
  transient[++transients] = "socket hang up|fetch failed|terminated: other side closed|premature close"
  transient[++transients] = "server disconnected|peer closed connection|remote end closed|read timed out|max retries exceeded|request timed out"
  # slurm.sh, of a job that Slurm could not keep
  transient[++transients] = "error: the job was lost: node failure|due to preemption"
  # curl(1), EXIT CODES: resolve, connect, timeout, empty reply, send, receive
  transient[++transients] = "curl: \\((6|7|28|52|55|56)\\)"
}
