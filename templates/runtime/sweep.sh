# Finds the processes that an agent has started, in any session, by the cookie in their environment.

# find_marked COOKIE: sets $wm_marked to the pids of the processes that have it.  Without /proc, ps shows the environment
# of the user's own processes; macOS hides that of its system's programs.  A process that clears its environment and
# leaves its session is not found.
find_marked() {
  if [ -d "$wm_proc/self" ]; then
    wm_marked=''
    # shellcheck disable=SC2013
    for wm_one in $(set +f && LC_ALL=C grep -l -F -e "WAVEMAKE_COOKIE=$1" "$wm_proc"/[0-9]*/environ); do
      wm_one=${wm_one#"$wm_proc/"}
      wm_marked="$wm_marked ${wm_one%/environ}"
    done
  else
    wm_marked=$({ ps -axEww -o pid -o command || ps axeww -o pid -o command; } |
      LC_ALL=C awk -v cookie="WAVEMAKE_COOKIE=$1" 'index($0, cookie) && !/ awk -v cookie=/ { print $1 }')
  fi
} 2>/dev/null

# signal_marked SIGNAL COOKIE: fails if there is nothing to signal.
signal_marked() {
  find_marked "$2"
  # shellcheck disable=SC2086
  set -- "$1" $wm_marked
  [ "$#" -gt 1 ] || return 1
  wm_signal=$1
  shift
  for wm_one; do kill "-$wm_signal" "$wm_one" 2>/dev/null || :; done
}

# sweep COOKIE: ends them, with a second for those that follow a TERM.
sweep() {
  signal_marked TERM "$1" || return 0
  wm_turn=0
  while [ "$wm_turn" -lt 10 ]; do
    wm_turn=$((wm_turn + 1))
    sleep 0.1 2>/dev/null || sleep 1
    find_marked "$1"
    [ -n "$wm_marked" ] || return 0
  done
  # Processes that fork meanwhile are found again.
  while [ "$wm_turn" -lt 20 ] && signal_marked KILL "$1"; do wm_turn=$((wm_turn + 1)); done
}
