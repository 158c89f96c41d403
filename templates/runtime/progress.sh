# What agent.sh prints and records: progress lines, events.jsonl; status.json is in status.sh.

# ninja holds back a recipe's output until it ends, so its driver gives the agents a descriptor of its own.
say() { [ -n "$wm_quiet" ] || printf 'wavemake: %s\n' "$1" >&"$wm_voice"; }

# event NAME MEMBERS: appends to events.jsonl; MEMBERS is JSON that begins with a comma, or nothing.
event() {
  ! is_there "$wm_dir/events.jsonl" || own_file "$wm_dir/events.jsonl"
  printf '{"t":%s,"run":"%s","event":"%s","agent":"%s","wave":%s%s}\n' \
    "$wm_epoch" "$wm_run" "$1" "$wm_agent" "$wm_wave" "$2" >>"$wm_dir/events.jsonl"
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

# quote TEXT: sets $wm_quoted to it as a JSON string.
quote() {
  case $1 in
    # No ranges: what is in them depends on the locale.  What is frequent comes first, because shells search in this order.
    *[!0123456789abcdefghijklmnopqrstuvwxyz\ /._ABCDEFGHIJKLMNOPQRSTUVWXYZ,:\;\(\)=+@%-]*)
      wm_quoted=$(printf '%s\n' "$1" | LC_ALL=C awk -v program=quote -f "$wm_here/lib.awk") ;;
    *) wm_quoted="\"$1\"" ;;
  esac
}
