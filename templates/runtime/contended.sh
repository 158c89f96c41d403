# What an agent does that has to wait for others.

wm_naps=0

# waits FOR: prints and records it, once for each thing that the agent waits for.
waits() {
  case $wm_waited in *"$1"*) return ;; esac
  wm_waited=$wm_waited$wm_nl$1
  say "$wm_agent: waiting for $1"
  now
  event wait ",\"for\":\"${1%%" ("*}\""
}

# elsewhere: why it cannot be determined here whether the holder of a lock of this host lives.
elsewhere() {
  case "$wm_where $wm_there" in
    "$wm_host $wm_kernel" | "$wm_host ") ;;
    "$wm_host "*) printf ', in another container or before a restart: taken over when not renewed for %ss' "$wm_seconds" ;;
  esac
}

# pause [SECONDS]: waits, at most one second, and renews what is held.
pause() {
  nap "$@"
  wm_naps=$((wm_naps + 1))
  if [ $((wm_naps % wm_renew)) = 0 ]; then renew_all; fi
}

# steal LOCK: only the holder of LOCK.steal may remove a dead holder's lock, so that no live lock is removed by mistake.
steal() {
  if take "$1.steal"; then
    if dead "$1"; then
      [ "$1,$wm_where" != "$wm_me/.lock,$wm_host" ] || end_orphan
      rm -f "$1"
    fi
    rm -f "$1.steal"
  else
    if dead "$1.steal"; then rm -f "$1.steal"; fi
    nap
  fi
}

# end_orphan: an agent outlives its agent.sh if only that was killed.  Ending its timer ends it, if that is still a
# shell of that agent.sh; processes that have left its session are found by its cookie.
end_orphan() {
  wm_timer=''
  if is_there "$wm_try/timer"; then read -r wm_timer <"$wm_try/timer" || :; fi
  case $wm_timer in
    '' | *[!0-9]*) ;;
    *) if runs_agent "$wm_timer" "$wm_agent"; then kill "$wm_timer"; fi ;;
  esac
  [ -z "$wm_by" ] || sweep "$wm_by/$wm_agent/$wm_pid/"
}
