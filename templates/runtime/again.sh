# An attempt that gave no answer: why, and whether there is another.

# why_no_status: says in $wm_reason how a command ended that left no exit status.
why_no_status() {
  case $wm_status,$wm_job_status in
    answered,*) wm_reason="ended, as it did not end by itself" ;;
    expired,*) wm_reason="timed out after ${wm_timeout}s" ;;
    lost,*) wm_reason="ended: a signal killed its timer" ;;
    ,125) wm_reason="not started: is the disk full?" ;;
    ,*) wm_reason="ended without a status: a signal killed the leader of its processes, or all of them (as kill 0 does)" ;;
  esac
}

# last_words: what the command printed about its failure, on either of its outputs.
last_words() {
  wm_line=$({
    tail -c 65536 "$wm_me/log.txt"
    printf '\n\036\n'
    tail -c 65536 "$wm_try/$wm_sink"
  } 2>/dev/null | LC_ALL=C tr -d '\000' | LC_ALL=C awk -v program=telling -f "$wm_here/lib.awk")
  [ -z "$wm_line" ] || printf ': %s' "$wm_line"
}

# ask_whether_transient: if another try may help, sets $wm_transient to the seconds that were asked for, or 0; and
# $wm_limit to the end of a usage limit, if that is the cause.
ask_whether_transient() {
  {
    printf '%s\n' "$wm_reason"
    tail -c 65536 "$wm_me/log.txt" | tail -n 40
    if [ -f "$wm_try/$wm_sink" ]; then tail -c 65536 "$wm_try/$wm_sink" | tail -n 40; fi
  } 2>/dev/null | LC_ALL=C tr -d '\000' >"$wm_try/said"
  read -r wm_word wm_value <<END
$(LC_ALL=C awk -v program=transient -v account="$wm_account" -f "$wm_here/lib.awk" "$wm_try/said")
END
  case $wm_word in
    transient) wm_transient=${wm_value:-0} ;;
    limit) wm_limit=$wm_value ;;
  esac
}

# again: is there to be another try?  It waits first, if it has to.
again() {
  if [ -n "$wm_resolving" ]; then
    wm_delay=0
  elif [ -n "$wm_transient" ]; then
    [ "$wm_turned_away" -lt "$wm_retries" ] || return 1
    wm_turned_away=$((wm_turned_away + 1))
    back_off "$wm_transient"
  elif [ -n "$wm_checked_now" ]; then
    [ "$wm_refusals" -lt "$wm_check_retries" ] || return 1
    wm_refusals=$((wm_refusals + 1))
    wm_delay=0
  else
    return 1
  fi
  retry_event "$wm_delay"
  say "wave $wm_wave: $wm_agent failed: $wm_reason; trying again in ${wm_delay}s"
  if [ "$wm_delay" -gt 0 ]; then
    wm_left=$wm_delay
    while [ "$wm_left" -gt 0 ]; do
      { exec sleep "$((wm_left < wm_renew ? wm_left : wm_renew))"; } >/dev/null 2>&1 &
      wm_sleeper=$!
      wait "$wm_sleeper"
      wm_sleeper=''
      wm_left=$((wm_left - wm_renew))
      renew_all
    done
  fi
}

# retry_event SECONDS: records that this attempt is over, and that another follows after that time.
retry_event() {
  now
  # Edits that a check refused are corrected in place; all else starts afresh.
  wm_resumed=${wm_resolving:+both}
  [ -n "$wm_resumed" ] || wm_resumed=${wm_checked_now:+1}
  wm_resolving=''
  rm -f "$wm_work/result"
  wm_took=$((wm_ticks - wm_since))
  costs_of "$wm_part" 1
  plain "$wm_reason"
  wm_reason=$wm_clean
  quote "$wm_reason"
  # Its output is not an answer, even if a check would accept it by now.
  clear_attempt
  wm_took=$((wm_took / 100)).$((wm_took / 10 % 10))
  event attempt ",\"attempt\":$wm_tries,\"state\":\"failed\",\"seconds\":$wm_took,\"reason\":$wm_quoted,\"retry_in\":$1$wm_costs"
}

# back_off SECONDS: sets $wm_delay to them, or to 2, 4, 8 ... up to 120, and up to as much again at random, so that
# agents that were turned away together do not come back together.
back_off() {
  wm_base=${WAVEMAKE_BACKOFF:-2} wm_n=1
  while [ "$wm_n" -lt "$wm_tries" ] && [ "$wm_base" -lt 60 ]; do wm_base=$((wm_base * 2)) wm_n=$((wm_n + 1)); done
  now
  wm_delay=$((wm_base + ($$ % 10000 * 7919 + wm_ticks) % (wm_base + 1)))
  [ "$1" -le 0 ] || wm_delay=$(($1 + wm_delay % 3))
  [ "$wm_delay" -le 3600 ] || wm_delay=3600
}
