# Keeps two at a time away from one agent, and too many from one pool, on this host and on those that share its
# disk.
# shellcheck shell=sh disable=SC2154,SC2034 # it is sourced by agent.sh and clean.sh

# How often the time of what is held is renewed, and after how long without that it is given up, in seconds.
renew=${WAVEMAKE_RENEW:-30}
lease=$((renew * 4))
naps=0

hostname() {
  if [ -n "${host:-}" ]; then return; fi
  if [ -r /proc/sys/kernel/hostname ]; then read -r host </proc/sys/kernel/hostname; else host=$(uname -n); fi
}

# held LOCK: is somebody at work behind it?
held() { [ -e "$1" ] && ! dead "$1"; }

# dead LOCK: is whoever took it gone without giving it back?  An empty lock is one that is being written.  No
# pid of another host can be asked for: its lock counts as long as it is renewed.
dead() {
  read_lock "$1"
  case $where in
    '') [ -e "$1" ] && empty=$((empty + 1)) && [ "$empty" -gt 50 ] ;;
    "$host")
      if alive "$pid" "${1%/*}"; then return 1; fi
      # One that was given back meanwhile may be another's by now.
      gone=$pid
      read_lock "$1"
      [ "$where $pid" = "$host $gone" ] ;;
    *) expired "$1" ;;
  esac
}

# expired LOCK: is it older than its lease?  Hosts may not agree on the time, so both times are those that the
# disk gives.
expired() {
  echo >"${1%/*}/.clock" || return 1
  # shellcheck disable=SC2046
  set -- $(times_of "$1" "${1%/*}/.clock")
  [ "$#" = 2 ] && [ $(($2 - $1)) -gt "$seconds" ]
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
  where='' pid='' seconds=''
  { read -r where pid seconds <"$1"; } 2>/dev/null
  case $seconds in '' | *[!0-9]*) seconds=0 ;; esac
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
  if [ -d /proc/self ]; then tr '\0' ' ' <"/proc/$1/cmdline"; else ps -o args= -p "$1"; fi 2>/dev/null
}

# take LOCK: noclobber creates it or fails, in one step.
take() {
  created=''
  set -C
  { { created=1 && printf '%s\n' "$host $$ $lease"; } >"$1"; } 2>/dev/null
  taken=$?
  set +C
  if [ "$taken" = 0 ]; then return; fi
  if [ -n "$created" ]; then rm -f "$1"; fi
  [ -e "$1" ] || refused=$((refused + 1))
  if [ "$refused" -ge 20 ] || [ ! -w "${1%/*}" ]; then
    printf 'wavemake: %s: cannot write in %s: is the disk full, or read-only?\n' "$agent" "${1%/*}" >&2
    exit 1
  fi
  return 1
}

# mine LOCK: is it that of this process?
mine() {
  read_lock "$1"
  [ "$where $pid" = "$host $$" ]
}

# renew_all: an agent's lock, and its place in a pool, are held as long as they are touched.
renew_all() { touch -c "$me/.lock" ${seat:+"$seat"}; } 2>/dev/null

# pause [SECONDS]: at most one; what is held meanwhile is renewed.
pause() {
  nap "$@"
  naps=$((naps + 1))
  if [ $((naps % renew)) = 0 ]; then renew_all; fi
}

# still_ours: after a lease that ran out, because this host was suspended say, all that stands here is another's.
still_ours() {
  if [ -z "$locked" ] || mine "$me/.lock"; then return; fi
  printf 'wavemake: %s: given up: for over %ss this make was not seen to work on it, and another does\n' "$agent" "$lease" >&2
  exit 1
}

# steal LOCK: only the holder of LOCK.steal may remove a dead holder's lock, so that no live one is removed by
# mistake.
steal() {
  if take "$1.steal"; then
    if dead "$1"; then
      [ "$1,$where" != "$me/.lock,$host" ] || end_orphan
      rm -f "$1"
    fi
    rm -f "$1.steal"
  else
    if dead "$1.steal"; then rm -f "$1.steal"; fi
    nap
  fi
}

# An agent outlives its agent.sh if that alone was killed.  Its timer is known by a file that it holds open.
end_orphan() {
  if [ ! -s "$try/timer" ]; then return; fi
  read -r timer <"$try/timer"
  # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
  if [ "/proc/$timer/fd/7" -ef "$try/rc" ] || [ "/proc/$timer/fd/7" -ef "$try/check.rc" ]; then kill "$timer"; fi
}

lock() {
  waited='' empty=0 refused=0
  until take "$me/.lock"; do
    if held "$me/.lock"; then
      [ -z "$where" ] || waits "another make (pid $pid on $where)"
      nap
    elif [ -e "$me/.lock" ]; then
      steal "$me/.lock"
    fi
  done
  locked=1
}

# --- pools ------------------------------------------------------------------

# take_seat POOL SIZE: waits for one of its places, each a lock.  Sets $seat, and $sat if it had to wait.
take_seat() {
  sat='' empty=0 refused=0 rest=0.1
  mkdir -p "$dir/.pools"
  while :; do
    n=0
    while [ "$n" -lt "$2" ]; do
      n=$((n + 1))
      if take "$dir/.pools/$1.$n"; then
        seat=$dir/.pools/$1.$n
        [ "$2" = 1 ] || stagger "$1"
        return
      fi
      if [ -e "$dir/.pools/$1.$n" ] && dead "$dir/.pools/$1.$n"; then steal "$dir/.pools/$1.$n"; fi
    done
    waits "pool $1 ($2 of $2 at work)"
    sat=1
    pause "$rest"
    case $rest in 0.1) rest=0.2 ;; 0.2) rest=0.5 ;; *) rest=1 ;; esac
  done
}

# stagger POOL: its agents start one after the other, a moment apart: a burst is what rate limits punish.
stagger() {
  if [ "${WAVEMAKE_STAGGER:=0.3}" = 0 ]; then return; fi
  until take "$dir/.pools/$1.start"; do
    if [ -e "$dir/.pools/$1.start" ] && dead "$dir/.pools/$1.start"; then steal "$dir/.pools/$1.start"; fi
    pause
  done
  nap "$WAVEMAKE_STAGGER"
  rm -f "$dir/.pools/$1.start"
}
