# What agent.sh tells and records: progress lines, status.json, events.jsonl.
# shellcheck shell=sh disable=SC2154,SC2034 # it is sourced by agent.sh

# ninja keeps back what a recipe prints until it ends: its driver lends the agents a descriptor of its own.
say() { [ -n "$quiet" ] || printf 'wavemake: %s\n' "$1" >&"$voice"; }

nap() { sleep "${1:-0.1}" 2>/dev/null || sleep 1; }

# event NAME MEMBERS: appends to events.jsonl; MEMBERS is JSON that begins with a comma, or nothing.
event() {
  printf '{"t":%s,"run":"%s","event":"%s","agent":"%s","wave":%s%s}\n' \
    "$epoch" "$run" "$1" "$agent" "$wave" "$2" >>"$dir/events.jsonl"
}

# waits FOR: said and recorded once for each thing that is waited for.
waits() {
  case $waited in *"$1"*) return ;; esac
  waited=$waited$nl$1
  say "$agent: waiting for $1"
  now
  event wait ",\"for\":\"${1%% (*}\""
}

# measure STATE REASON: sets what status and event say of it.
# It starts no process unless the reason has to be quoted: it stands on the path of every agent.
measure() {
  now
  took=0
  [ -z "$started" ] || took=$((ticks - began))
  [ "$took" -ge 0 ] || took=0
  took=$((took / 100)).$((took / 10 % 10))
  costs_of "$bill" "$tries"
  quote "$2" && reason_json=$quoted
  quote "$model" && model_json=$quoted
  state=$1
  [ "$1" != reused ] || state="done"
}

# write_status FILE: what was measured last.
write_status() {
  printf '{"schema":1,"agent":"%s","state":"%s","wave":%s,"runner":"%s","model":%s,"run":"%s","started":%s,"ended":%s,"seconds":%s,"reason":%s,"attempts":%s%s}\n' \
    "$agent" "$state" "$wave" "$runner" "$model_json" "$run" "${started:-$epoch}" "$epoch" "$took" "$reason_json" \
    "$tries" "$costs" >"$1"
}

# announce STATE REASON: the event and the progress line of what was measured last.
announce() {
  # The driver sums up whatever happens; the rules alone do so only where all is well.
  case ${WAVEMAKE_CLOCK:-}$1 in done | reused | pinned) ;; [!0-9]*) rm -f "$dir/summary.md" ;; esac
  event end ",\"state\":\"$1\",\"runner\":\"$runner\",\"seconds\":$took,\"reason\":$reason_json,\"attempts\":$tries$costs"
  count_end
  report "$1" "$2"
}

# report STATE REASON: a failure is told even to who asked for silence.
report() {
  line="wavemake: [$ended/$total] wave $wave: $agent"
  red='' plain=''
  if [ -t "$voice" ] && [ -z "${NO_COLOR:-}" ]; then red=$(printf '\033[31m') plain=$(printf '\033[0m'); fi
  case $1 in
    done | reused | pinned) [ -z "$quiet" ] || return 0 ;;
  esac
  case $1 in
    done) show_duration && line="$line done in $shown" ;;
    reused) line="$line reused: its input is the same" ;;
    pinned) line="$line pinned: its output is kept as it is${forced:+, FORCE or not, until it is unpinned}" ;;
    failed) line="$line ${red}FAILED$plain: $2 ($me/log.txt)" ;;
    *) line="$line $red$1$plain: $2" ;;
  esac
  printf '%s\n' "$line" >&"$voice"
}

show_duration() {
  whole=${took%.*}
  if [ "$whole" -lt 10 ]; then
    shown=${took}s
  elif [ "$whole" -lt 60 ]; then
    shown=${whole}s
  elif [ "$whole" -lt 3600 ]; then
    shown=$((whole / 60))m$((whole % 60))s
  else
    shown=$((whole / 3600))h$((whole / 60 % 60))m
  fi
}

# A byte for each agent that has ended, all of one make in one file: its length is how far the run is.
count_end() {
  printf . >>"$dir/runs/.ended.$run"
  if [ "$total" -gt 5000 ]; then
    ended=$(($(wc -c <"$dir/runs/.ended.$run")))
  else
    ended=''
    read -r ended <"$dir/runs/.ended.$run"
    ended=${#ended}
  fi
}

# --- costs ------------------------------------------------------------------

# add_costs: what the envelope of this attempt named goes on the bill, a `WORD VALUE` line each.
add_costs() {
  part=''
  if [ ! -f "$try/verdict" ]; then return; fi
  while read -r word value; do
    case $word in
      cost | tokens_in | tokens_out | turns)
        case $value in '' | *[!0-9.eE+-]*) ;; *) part="$part$word $value$nl" ;; esac ;;
      session) part="$part$word $value$nl" ;;
    esac
  done <"$try/verdict"
  bill=$bill$part
  [ ! -s "$dir/limits" ] || printf '%s' "$part" >>"$dir/runs/.spent.$run"
}

# costs_of BILL TRIES: sets $costs, as JSON, to the sums of a bill.  What one of the tries did not name is
# unknown.
costs_of() {
  costs=''
  if [ -z "$1" ]; then return; fi
  due=$1
  [ "$2" -le 1 ] || due=$(printf '%s' "$1" | awk -v tries="$2" '
    $1 == "session" { session = $2; next }
    { sum[$1] += $2; named[$1]++ }
    END {
      for (word in sum) if (named[word] == tries) printf "%s %.10g\n", word, sum[word]
      if (session != "") print "session " session
    }')
  while read -r word value; do
    case $word in
      session) quote "$value" && costs="$costs,\"session\":$quoted" ;;
      ?*) costs="$costs,\"$word\":$value" ;;
    esac
  done <<END
$due
END
}

# quote TEXT: sets $quoted to it as a JSON string.
quote() {
  case $1 in
    *[\"\\[:cntrl:]]*)
      quoted=$(printf '%s\n' "$1" | LC_ALL=C awk -f "$here/json.awk" -f "$here/quote.awk") ;;
    *) quoted="\"$1\"" ;;
  esac
}

# settle_status STATE REASON: announce it and put status.json in place, outside an acceptance.
settle_status() {
  measure "$1" "$2"
  if ! { write_status "$me/.status.$$" && mv -f "$me/.status.$$" "$me/status.json"; }; then
    # On a full disk the old status makes room for the new.
    rm -f "$me/.status.$$"
    write_status "$me/status.json"
  fi
  announce "$1" "$2"
}
