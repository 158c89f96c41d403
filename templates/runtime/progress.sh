# What agent.sh prints and records: progress lines, status.json, events.jsonl.

# ninja holds back a recipe's output until it ends, so its driver gives the agents a descriptor of its own.
say() { [ -n "$wm_quiet" ] || printf 'wavemake: %s\n' "$1" >&"$wm_voice"; }

nap() { LC_ALL=C sleep "${1:-0.1}" 2>/dev/null || sleep 1; }

# event NAME MEMBERS: appends to events.jsonl; MEMBERS is JSON that begins with a comma, or nothing.
event() {
  ! is_there "$wm_dir/events.jsonl" || own_file "$wm_dir/events.jsonl"
  printf '{"t":%s,"run":"%s","event":"%s","agent":"%s","wave":%s%s}\n' \
    "$wm_epoch" "$wm_run" "$1" "$wm_agent" "$wm_wave" "$2" >>"$wm_dir/events.jsonl"
}

# waits FOR: prints and records it, once for each thing that the agent waits for.
waits() {
  case $wm_waited in *"$1"*) return ;; esac
  wm_waited=$wm_waited$wm_nl$1
  say "$wm_agent: waiting for $1"
  now
  event wait ",\"for\":\"${1%%" ("*}\""
}

# measure STATE REASON: sets what the status and the event report.  It starts no process unless the reason has to be
# quoted, because every agent needs it.
measure() {
  now
  wm_took=0
  [ -z "$wm_started" ] || wm_took=$((wm_ticks - wm_began))
  [ "$wm_took" -ge 0 ] || wm_took=0
  wm_took=$((wm_took / 100)).$((wm_took / 10 % 10))
  costs_of "$wm_bill" "$((wm_tries + wm_judged - wm_billed))"
  quote "$2" && wm_reason_json=$wm_quoted
  quote "$wm_model" && wm_model_json=$wm_quoted
  wm_state=$1
  [ "$1" != reused ] || wm_state="done"
}

# restate STATE REASON: changes the state; all else stays as the last try left it, because this run has nothing to
# measure.
restate() {
  plain "$2"
  set -- "$1" "$wm_clean"
  read_status
  measure "$1" "$2"
  case $wm_line in
    *',"state":"'*',"reason":'*',"attempts":'*)
      wm_rest=${wm_line#*',"state":"'}
      wm_line=${wm_line%%',"state":"'*}
      wm_value=${wm_rest#*'"'}
      wm_value=${wm_value%%',"reason":'*}
      wm_rest=${wm_rest##*',"attempts":'}
      wm_line="$wm_line,\"state\":\"$wm_state\"$wm_value,\"reason\":$wm_reason_json,\"attempts\":$wm_rest"
      wm_settled=$wm_line
      keep_status '+'
      { printf '%s\n' "$wm_line" >"$wm_me/.status.$$" && mv -f "$wm_me/.status.$$" "$wm_me/status.json" && keep_status '='; } ||
        rm -f "$wm_me/.status.$$"
      announce "$1" "$2" ;;
    *) settle_status "$1" "$2" ;;
  esac
}

# write_status FILE: writes what was measured last, and sets $wm_settled to it.
write_status() {
  wm_settled="{\"schema\":1,\"agent\":\"$wm_agent\",\"state\":\"$wm_state\",\"wave\":$wm_wave,\"runner\":\"$wm_runner\",\"model\":$wm_model_json"
  wm_settled="$wm_settled,\"run\":\"$wm_run\",\"started\":${wm_started:-$wm_epoch},\"ended\":$wm_epoch,\"seconds\":$wm_took"
  wm_settled="$wm_settled,\"reason\":$wm_reason_json,\"attempts\":$wm_tries$wm_costs$wm_edits$wm_saved$wm_noted}"
  printf '%s\n' "$wm_settled" >"$1"
}

# announce STATE REASON: writes the event and the progress line of what was measured last.
announce() {
  # The driver always sums up; the rules alone do so only if all is well.
  case ${WAVEMAKE_CLOCK:-}$1 in done | reused | pinned | skipped) ;; [!0-9]*) rm -f "$wm_dir/summary.md" ;; esac
  event end ",\"state\":\"$1\",\"runner\":\"$wm_runner\",\"model\":$wm_model_json,\"seconds\":$wm_took,\"reason\":$wm_reason_json,\"attempts\":$wm_tries$wm_costs$wm_saved"
  count_end
  report "$1" "$2"
}

# report STATE REASON: reports a failure even if progress lines are off.
report() {
  wm_of=$wm_total
  if is_there "$wm_dir/runs/.cells.$wm_run"; then add_cells; fi
  wm_line="wavemake: [$wm_ended/$wm_of] wave $wm_wave: $wm_agent"
  wm_red='' wm_plain=''
  if [ -t "$wm_voice" ] && [ -z "${NO_COLOR:-}" ]; then wm_red=$(printf '\033[31m') wm_plain=$(printf '\033[0m'); fi
  case $1 in
    done | reused | pinned | skipped) [ -z "$wm_quiet" ] || return 0 ;;
  esac
  case $1 in
    done)
      show_duration
      set_other_model
      wm_line="$wm_line done in $wm_shown${wm_other_model:+, answered by $wm_other_model instead of $wm_model}" ;;
    reused) wm_line="$wm_line reused${wm_hit:+ from the store}: its input is the same" ;;
    pinned) wm_line="$wm_line pinned: its output is kept as it is${wm_forced:+, FORCE or not, until it is unpinned}" ;;
    skipped) wm_line="$wm_line skipped: $2" ;;
    failed) wm_line="$wm_line ${wm_red}FAILED$wm_plain: $2 ($wm_me/log.txt)" ;;
    *) wm_line="$wm_line $wm_red$1$wm_plain: $2" ;;
  esac
  printf '%s\n' "$wm_line" >&"$wm_voice"
}

# add_cells: adds to $wm_of the cells that this run has made.
add_cells() {
  while read -r wm_word; do
    case $wm_word in '' | *[!0-9]*) ;; *) wm_of=$((wm_of + wm_word)) ;; esac
  done <"$wm_dir/runs/.cells.$wm_run"
}

# set_other_model: sets $wm_other_model to the model that answered, if it differs from the requested one: "opus" and
# "provider/opus" mean any model with that in its name.
set_other_model() {
  wm_other_model=''
  wm_asked=${wm_model##*/}
  wm_asked=${wm_asked%%"["*}
  case $wm_asked in '' | auto | best | default | opusplan) return ;; esac
  case $wm_costs in
    *'"answered_by":"'*)
      wm_other_model=${wm_costs##*'"answered_by":"'}
      wm_other_model=${wm_other_model%%'"'*} ;;
  esac
  case $wm_other_model in *"$wm_asked"*) wm_other_model='' ;; esac
}

show_duration() {
  wm_whole=${wm_took%.*}
  if [ "$wm_whole" -lt 10 ]; then
    wm_shown=${wm_took}s
  elif [ "$wm_whole" -lt 60 ]; then
    wm_shown=${wm_whole}s
  elif [ "$wm_whole" -lt 3600 ]; then
    wm_shown=$((wm_whole / 60))m$((wm_whole % 60))s
  else
    wm_shown=$((wm_whole / 3600))h$((wm_whole / 60 % 60))m
  fi
}

# A byte for each agent that has ended, in one file for each make: its length shows the progress of the run.
count_end() {
  # Else the driver would find nothing to report.
  is_folder "$wm_dir/runs" || mkdir "$wm_dir/runs"
  is_there "$wm_dir/runs/.ended.$wm_run" || :
  printf . >>"$wm_dir/runs/.ended.$wm_run"
  if [ "$wm_total" -gt 5000 ]; then
    wm_ended=$(($(wc -c <"$wm_dir/runs/.ended.$wm_run")))
  else
    wm_ended=''
    read -r wm_ended <"$wm_dir/runs/.ended.$wm_run"
    wm_ended=${#wm_ended}
  fi
}

# was_forced: has this run already forced the agent to run?  make may restart itself in between.
was_forced() {
  while read -r wm_word; do
    [ "$wm_word" != "$wm_agent" ] || return 0
  done <"$wm_dir/runs/.forced.$wm_run"
  return 1
} 2>/dev/null

# --- costs ------------------------------------------------------------------

# add_costs: adds the figures of this attempt's envelope to the bill, a `WORD VALUE` line each.
add_costs() {
  wm_part='' wm_usd='' wm_tokens=''
  # An answer that a judge could not judge is on the bill of the make that ran the agent.
  if [ -e "$wm_try/billed" ]; then wm_billed=1 && return; fi
  if [ -f "$wm_try/verdict" ]; then read_costs; fi
  wm_bill=$wm_bill$wm_part
  # An answer that was kept, for example because its edits conflict, was booked by the make that ran the agent.
  if [ -e "$wm_try/booked" ]; then return; fi
  if [ -n "$wm_budgets" ] || [ -e "$wm_dir/runs/.ledger" ]; then : >"$wm_try/booked"; fi
  if [ -n "$wm_budgets" ]; then book "$wm_runner" "$wm_dir/runs/.spent.$wm_run"; fi
  if [ -e "$wm_dir/runs/.ledger" ]; then book "$wm_runner" "$wm_dir/runs/.ledger"; fi
}

# book RUNNER LEDGER: records the costs of this attempt, or of its judge, for budgets (budget.sh).
book() {
  case $wm_usd,$wm_price,$1 in ,,command | ,,rehearse | ,'?',rehearse) wm_usd=0 ;; esac
  now
  printf 'spent %s %s %s %s %s\n' "$wm_agent" "${wm_usd:-${wm_price:-?}}" "${wm_tokens:-?}" "$wm_run" "$wm_epoch" >>"$2"
}

read_costs() {
  while read -r wm_word wm_value; do
    case $wm_word in
      cost | tokens_in | tokens_out | cache_read | cache_write | cache_saved | turns)
        is_number "$wm_value" || continue
        wm_part="$wm_part$wm_word $wm_value$wm_nl"
        case $wm_word in
          cost) wm_usd=$wm_value ;;
          tokens_*) case $wm_value in [0-9]*) wm_tokens=$((${wm_tokens:-0} + ${wm_value%%[!0-9]*})) ;; esac ;;
        esac ;;
      question) wm_suspect=question ;;
      session | model) wm_part="$wm_part$wm_word $wm_value$wm_nl" ;;
      api | class | retry | limit) wm_account="$wm_account$wm_word $wm_value;" ;;
    esac
  done <"$wm_try/verdict"
}

# is_number TEXT: is it a number of JSON?
is_number() {
  wm_digits=${1#-}
  case $wm_digits in
    *[eE]*)
      wm_power=${wm_digits#*[eE]} wm_digits=${wm_digits%%[eE]*}
      case ${wm_power#[+-]} in '' | *[!0-9]*) return 1 ;; esac ;;
  esac
  case $wm_digits in
    '' | *[!0-9.]* | .* | *. | *.*.* | 0[0-9]*) return 1 ;;
  esac
}

# costs_of BILL TRIES: sets $wm_costs, as JSON, to the sums of a bill.  A sum is unknown if one of the tries did not
# report it.
costs_of() {
  wm_costs=''
  if [ -z "$1" ]; then return; fi
  wm_due=$1
  [ "$2" -le 1 ] || wm_due=$(printf '%s' "$1" | LC_ALL=C awk -v tries="$2" '
    $1 == "session" || $1 == "model" { last[$1] = $2; next }
    { sum[$1] += $2; named[$1]++ }
    END {
      for (word in sum) {
        total = sprintf("%.10g", sum[word])
        if (named[word] == tries && total ~ /^-?[0-9]/) print word " " total
      }
      for (word in last) print word " " last[word]
    }')
  while read -r wm_word wm_value; do
    case $wm_word in
      session) quote "$wm_value" && wm_costs="$wm_costs,\"session\":$wm_quoted" ;;
      model) quote "$wm_value" && wm_costs="$wm_costs,\"answered_by\":$wm_quoted" ;;
      ?*) wm_costs="$wm_costs,\"$wm_word\":$wm_value" ;;
    esac
  done <<END
$wm_due
END
}

# plain TEXT: sets $wm_clean to it as a line without control characters, whatever an agent printed.  The letters are
# spelt out, because ranges depend on the locale.
plain() {
  case $1 in
    *[!abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\ .,:\;\(\)/_+=%-]*)
      wm_clean=$(printf '%s\n' "$1" | LC_ALL=C awk -v program=plain -f "$wm_here/lib.awk") ;;
    *) wm_clean=$1 ;;
  esac
}

# quote TEXT: sets $wm_quoted to it as a JSON string.
quote() {
  case $1 in
    # No ranges: what is in them depends on the locale.
    *[!ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789\ _.,:\;/\(\)=+@%-]*)
      wm_quoted=$(printf '%s\n' "$1" | LC_ALL=C awk -v program=quote -f "$wm_here/lib.awk") ;;
    *) wm_quoted="\"$1\"" ;;
  esac
}

# settle_status STATE REASON: announces it and puts status.json in place, outside an acceptance.
settle_status() {
  plain "$2"
  set -- "$1" "$wm_clean"
  measure "$1" "$2"
  if ! place_status; then
    # On a full disk the old status makes room for the new.
    rm -f "$wm_me/.status.$$"
    write_status "$wm_me/status.json"
    keep_status '='
  fi
  announce "$1" "$2"
}
