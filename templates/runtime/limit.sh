# Usage limits that reset: an agent that hits one waits, and so do all others of that runner and account.
# DIR/.limits/RUNNER.ACCOUNT records a limit, "EPOCH REASON": its end, and what the CLI said.

# The seconds that were spent waiting for limits, and the known limit.
wm_limited=0 wm_limit_file=''

# name_limit: sets $wm_limit_file to the one of this agent's runner and account.
name_limit() {
  [ -z "$wm_limit_file" ] || return 0
  wm_limit_file=$(printf '%s\n' "$HOME" "${ANTHROPIC_API_KEY:-}" "${ANTHROPIC_AUTH_TOKEN:-}" "${ANTHROPIC_BASE_URL:-}" \
    "${CLAUDE_CODE_OAUTH_TOKEN:-}" "${CLAUDE_CONFIG_DIR:-}" "${OPENAI_API_KEY:-}" "${CODEX_API_KEY:-}" "${CODEX_HOME:-}" \
    "${GEMINI_API_KEY:-}" "${GOOGLE_API_KEY:-}" "${GEMINI_CLI_HOME:-}" | cksum)
  wm_limit_file=$wm_dir/.limits/$wm_runner.${wm_limit_file%% *}
}

# read_limit: sets $wm_reset to the time until which the limit holds, and $wm_limit_reason; 1 if none is known.
read_limit() {
  wm_reset='' wm_limit_reason=''
  if ! is_there "$wm_limit_file"; then return 1; fi
  IFS=' ' read -r wm_reset wm_limit_reason <"$wm_limit_file" || :
  case $wm_reset in '' | *[!0-9]* | ????????????*) return 1 ;; esac
}

# note_limit: records the limit for the others, and for the next make.
note_limit() {
  name_limit
  is_folder "$wm_dir/.limits" || mkdir "$wm_dir/.limits" || return 0
  printf '%s %s\n' "$wm_reset" "$wm_reason" >"$wm_limit_file.$$" && mv -f "$wm_limit_file.$$" "$wm_limit_file"
} 2>/dev/null

# forget_limit: removes the record, because an answer has come.
forget_limit() {
  if ! is_folder "$wm_dir/.limits"; then return 0; fi
  name_limit
  rm -f "$wm_limit_file"
}

# set_reset LIMIT: sets $wm_reset, in seconds since the epoch, to what limit.awk has found.
set_reset() {
  wm_today=$(date +%s)
  case $1 in
    'at '*) wm_reset=${1#at } ;;
    'in '*) wm_reset=$((wm_today + ${1#in })) ;;
    'clock '*)
      wm_zone=${1#clock }
      wm_zone=${wm_zone%% *}
      # An unknown zone would be taken as UTC.
      if [ "$wm_zone" = UTC ]; then
        wm_date=$(TZ=UTC0 date '+%Y %m %d %u %H %M %S')
      elif [ "$wm_zone" != - ] && [ -e "/usr/share/zoneinfo/$wm_zone" ]; then
        wm_date=$(TZ=$wm_zone date '+%Y %m %d %u %H %M %S')
      else
        wm_date=$(date '+%Y %m %d %u %H %M %S')
      fi
      wm_reset=$((wm_today + $(printf '%s\n' "$1" | LC_ALL=C awk -v program=clock -v today="$wm_date" -f "$wm_here/lib.awk"))) ;;
  esac
}

# wait_for_limit: the attempt was turned away by a limit: waits until it is over.  Returns 1 if it does not wait.
wait_for_limit() {
  set_reset "$wm_limit"
  wm_limit=''
  # If the limit says that it is over, the agent is tried again as after any transient failure, but not without end.
  if [ "$wm_reset" -le "$wm_today" ]; then
    if [ "$wm_limited" = 0 ]; then
      wm_transient=0
      return 1
    fi
    wm_reset=$((wm_today + 60))
  fi
  [ "$wm_on_limit" = wait ] || return 1
  note_limit
  retry_event $((wm_reset - wm_today))
  sit_out
}

# await_limit: another agent was turned away: waits for it, and then returns 1.
await_limit() {
  if [ -n "$wm_forced" ] || ! is_folder "$wm_dir/.limits"; then return 0; fi
  name_limit
  if ! read_limit; then return 0; fi
  wm_today=$(date +%s) wm_reason=$wm_limit_reason
  if [ "$wm_reset" -le "$wm_today" ]; then return 0; fi
  [ "$wm_on_limit" = wait ] || fail "$wm_reason (rm $wm_limit_file to try all the same)"
  sit_out
  return 1
}

# sit_out: waits until $wm_reset, and holds the lock.  The clock may be set meanwhile, but the wait never exceeds
# limit_wait.  It ends as soon as another agent of the same account gets an answer.
sit_out() {
  [ "$wm_reset" -le $((wm_today + wm_limit_wait - wm_limited)) ] ||
    fail "$wm_reason: it resets $(moment "$wm_reset"), later than limit_wait allows"
  if [ -n "$wm_seat" ]; then
    rm -f "$wm_seat"
    wm_seat=''
  fi
  wm_ends="the usage limit of $wm_runner, which resets $(moment "$wm_reset")"
  measure limited "waiting for $wm_ends"
  write_status "$wm_me/.status.$$" && place_status "$wm_me/.status.$$"
  waits "$wm_ends"
  while wm_today=$(date +%s) && [ "$wm_reset" -gt "$wm_today" ]; do
    [ "$wm_limited" -lt "$wm_limit_wait" ] || fail "$wm_reason: limit_wait is over"
    wm_step=$((wm_reset - wm_today))
    [ "$wm_step" -le "$wm_renew" ] || wm_step=$wm_renew
    doze "$wm_step"
    wm_sleeper=''
    wm_limited=$((wm_limited + wm_step))
    renew_all
    read_limit || break
  done
  # Until the agent ends, its status is what a kill would leave.
  measure interrupted "killed after its wait for a usage limit"
  write_status "$wm_me/.status.$$" && place_status "$wm_me/.status.$$"
}

# moment EPOCH: the time of day, and the date if that is another.
moment() {
  wm_form='at %H:%M'
  [ "$1" -lt $((wm_today + 72000)) ] || wm_form='on %Y-%m-%d at %H:%M'
  date -d "@$1" "+$wm_form" 2>/dev/null || date -r "$1" "+$wm_form" 2>/dev/null || printf 'in %ss' $(($1 - wm_today))
}
