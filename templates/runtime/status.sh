# What is recorded of an agent that is not simply kept.

nap() { LC_ALL=C sleep "${1:-0.1}" 2>/dev/null || sleep 1; }

# --- status.json ------------------------------------------------------------

# write_status FILE: writes what was measured last, and sets $wm_settled to it.
write_status() {
  wm_members="\"wave\":$wm_wave,\"runner\":\"$wm_runner\",\"model\":$wm_model_json,\"run\":\"$wm_run\""
  wm_members="$wm_members,\"started\":${wm_started:-$wm_epoch},\"ended\":$wm_epoch,\"seconds\":$wm_took"
  set_settled "{\"schema\":1,\"agent\":\"$wm_agent\"" "$wm_members" "$wm_tries$wm_costs$wm_edits$wm_saved$wm_noted}"
  printf '%s\n' "$wm_settled" >"$1"
}

# set_settled HEAD MEMBERS ATTEMPTS: sets $wm_settled to a status, which settled.sh describes.
set_settled() { wm_settled="$1,\"state\":\"$wm_state\",$wm_nl$2,\"reason\":$wm_reason_json,\"attempts\":$3"; }

# keep_status MARK: keeps $wm_settled.  Another make has a folder of its own beside ours; one that was killed leaves it
# behind.
keep_status() {
  keep_status_in "$wm_private" "$1"
  for wm_file in "$wm_dir"/runs/.ended.*; do
    wm_file=${wm_file##*/.ended.}
    if [ "$wm_file" != "$wm_run" ] && is_run_alive "$wm_file"; then keep_status_in "${wm_private%/*}/wavemake-$wm_file" "$1"; fi
  done
}

# is_run_alive RUN: is there a process with the pid of its make?
is_run_alive() {
  case $1 in
    make-*-*) set -- "${1#make-}" && set -- "${1%-*}" ;;
    *) set -- "${1##*-}" ;;
  esac
  kill -0 "$1" 2>/dev/null
}

# keep_status_in FOLDER MARK
keep_status_in() {
  # shellcheck disable=SC3067 # all the shells have it
  if [ -d "$1" ] && [ -O "$1" ] && [ ! -h "$1" ]; then printf '%s%s\n' "$2" "$wm_settled" >"$1/=$wm_agent"; fi
} 2>/dev/null

# --- progress lines ---------------------------------------------------------

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
