# Is the holder of a lock still at work?

# dead LOCK: has the process that took it ended without releasing it?  An empty lock is being written.
dead() {
  read_lock "$1"
  case "$wm_where $wm_there" in
    ' '*) [ -e "$1" ] && wm_empty=$((wm_empty + 1)) && [ "$wm_empty" -gt 50 ] ;;
    "$wm_host $wm_kernel" | "$wm_host ")
      if alive "$wm_pid" "$wm_from" "${1%/*}"; then return 1; fi
      # If it was released meanwhile, it may be another's by now.
      wm_gone="$wm_pid $wm_from"
      read_lock "$1"
      [ "$wm_where $wm_pid $wm_from" = "$wm_host $wm_gone" ] ;;
    *) expired "$1" ;;
  esac
}

# expired LOCK: is it older than its lease?  The hosts' clocks may differ, so both times come from the disk.
expired() {
  is_there "${1%/*}/.clock" || :
  echo >"${1%/*}/.clock" || return 1
  # shellcheck disable=SC2046
  set -- $(times_of "$1" "${1%/*}/.clock")
  [ "$#" = 2 ] && [ $(($2 - $1)) -gt "$wm_seconds" ]
} 2>/dev/null

# times_of FILE...: when they were changed, in seconds, a line each.
times_of() {
  if stat -c %Y . >/dev/null; then
    stat -c %Y "$@"
  elif stat -f %m . >/dev/null; then
    stat -f %m "$@"
  else
    perl -e 'print +(stat)[9], "\n" for @ARGV' "$@"
  fi
}

# alive PID START FOLDER: is it still the process of that lock?  The pid of a dead process may be in use again, in a
# restarted container even as our own.  If START is unknown, it must be the agent.sh of that agent, or any agent.sh for
# a pool.
alive() {
  [ "$1" != $$ ] || return 1
  start_of "$1"
  case ${2:--},$wm_start_of in
    -,*) ;;
    *)
      [ "$2" = "$wm_start_of" ]
      return ;;
  esac
  runs_agent "$1" "${3##*/}"
}

# runs_agent PID AGENT
runs_agent() {
  set -- "$(command_of "$1") " "$2"
  case $2,$1 in
    .pools,*agent.sh* | .lease,*agent.sh* | .prefix,*agent.sh* | "${wm_dir##*/}",*drive.sh*) return 0 ;;
    *agent.sh*" $2 "*) return 0 ;;
    *) return 1 ;;
  esac
}

command_of() {
  if [ -d "$wm_proc/self" ]; then LC_ALL=C tr '\0' ' ' <"$wm_proc/$1/cmdline"; else ps -o args= -p "$1"; fi 2>/dev/null
}
