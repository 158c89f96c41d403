# Who is at work?  A lock says "HOST PID SECONDS" of its holder, who is dead when it was not renewed for so long.

hostname() {
  if [ -n "${wm_host:-}" ]; then return; fi
  if [ -r "$wm_proc/sys/kernel/hostname" ]; then
    read -r wm_host <"$wm_proc/sys/kernel/hostname"
  else
    wm_host=$(uname -n)
  fi
}

# held LOCK: is somebody at work behind it?
held() { [ -e "$1" ] && ! dead "$1"; }

# dead LOCK: is whoever took it gone without giving it back?  An empty lock is one that is being written.  No
# pid of another host can be asked for: its lock counts as long as it is renewed.
dead() {
  read_lock "$1"
  case $wm_where in
    '') [ -e "$1" ] && wm_empty=$((wm_empty + 1)) && [ "$wm_empty" -gt 50 ] ;;
    "$wm_host")
      if alive "$wm_pid" "${1%/*}"; then return 1; fi
      # One that was given back meanwhile may be another's by now.
      wm_gone=$wm_pid
      read_lock "$1"
      [ "$wm_where $wm_pid" = "$wm_host $wm_gone" ] ;;
    *) expired "$1" ;;
  esac
}

# expired LOCK: is it older than its lease?  Hosts may not agree on the time, so both times are those that the
# disk gives.
expired() {
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

read_lock() {
  wm_where='' wm_pid='' wm_seconds=''
  { read -r wm_where wm_pid wm_seconds <"$1"; } 2>/dev/null
  case $wm_seconds in '' | *[!0-9]*) wm_seconds=0 ;; esac
}

# alive PID FOLDER: is it still the agent.sh of that agent, or of any, for a pool?  The number of a dead one
# may be anybody's by now, in a restarted container even our own.
alive() {
  [ "$1" != $$ ] || return 1
  set -- "$(command_of "$1") " "${2##*/}"
  case $2,$1 in
    .pools,*agent.sh*) return 0 ;;
    *agent.sh*" $2 "*) return 0 ;;
    *) return 1 ;;
  esac
}

command_of() {
  if [ -d "$wm_proc/self" ]; then LC_ALL=C tr '\0' ' ' <"$wm_proc/$1/cmdline"; else ps -o args= -p "$1"; fi 2>/dev/null
}
