# One attempt: runs the agent's command, and judges what came of it.
# shellcheck shell=sh disable=SC2154,SC2034,SC1091 # it is sourced by agent.sh

. "$here/accept.sh"
. "$here/check.sh"

# A text is an answer as it is printed; an envelope is unwrapped first.
sink=printed
[ "$envelope" != text ] || sink=output.md

run_agent() {
  look_for_what_it_needs
  set -f
  IFS=$nl
  set --
  for word in $launch; do set -- "$@" "${word#+}"; done
  # shellcheck disable=SC2016 # sh's own
  [ -z "$folder" ] || set -- "$@" sh -c 'cd "$0" && exec "$@"' "$PWD/$folder"
  for word in $argv; do
    case $prompt,$word in
      file,*'{prompt}'*) word=${word%%'{prompt}'*}$PWD/$try/prompt.md${word#*'{prompt}'} ;;
    esac
    set -- "$@" "${word#+}"
  done
  IFS=$blanks
  set +f
  tries=$((tries + 1)) nth=''
  [ "$tries" = 1 ] || nth=", try $tries"
  say "wave $wave: $agent started ($runner${model:+ $model})$nth"
  now
  [ -n "$started" ] || { started=$epoch began=$ticks; }
  since=$ticks
  event start ",\"attempt\":$tries"
  printf '' >"$me/log.txt"
  rc=$try/rc
  given=$try/prompt.md
  [ "$prompt" = stdin ] || given=/dev/null
  lead "$given" "$try/$sink" "$me/log.txt" "$@"
}

look_for_what_it_needs() {
  program=${launch:-$argv}
  program=${program%%"$nl"*}
  command -v "${program#+}" >/dev/null 2>&1 || fail "${program#+} is not installed (runner $runner)"
  [ -z "$missing" ] || fail "not started, because $missing is not installed"
  for name in $needed; do
    printenv "$name" >/dev/null || fail "the environment variable $name, which it needs, is not set"
  done
  [ -z "$folder" ] || [ -d "./$folder" ] || fail "its folder $folder is not there"
  if [ -n "$own" ]; then
    mkdir -p "$me/.config" || fail "cannot write in $me: is the disk full?"
    export "$own=$PWD/$me/.config"
  fi
}

# lead STDIN STDOUT STDERR COMMAND...: runs it in a session of its own, within the time limit; its exit status goes
# into the file $rc.  The leader is told by its standard input when to die: the timer's end closes it, and so does
# kill -9 of this process group, to which the timer belongs and the agent does not.  It gets its files open:
# after such a kill, another attempt may be at work under their names before it has ended.
lead() {
  given=$1 printed=$2 log=$3
  shift 3
  if command -v setsid >/dev/null 2>&1; then
    set -- setsid sh "$here/lead.sh" "$@"
  else
    command -v perl >/dev/null 2>&1 || fail "neither setsid nor perl is installed"
    set -- perl -e 'use POSIX; POSIX::setsid(); exec @ARGV' sh "$here/lead.sh" "$@"
  fi
  job=starting
  # shellcheck disable=SC2094
  {
    time_limit | "$@" &
    job=$!
    # A shell tells of the timer's end here, which is as it should be.
    wait "$job" 2>/dev/null
    job_status=$?
    kill -KILL "-$job" 2>/dev/null
    if [ ! -s "$rc" ] && read_timer; then kill "$timer" 2>/dev/null; fi
    job=''
  } 4<"$given" 5>"$printed" 6>>"$log" 7>"$rc" 8<"$rc" 9>"$try/timer" 3<"$try/timer"
  [ -z "$job" ] || fail "cannot write in $me: is the disk full?"
}

# time_limit: writes its pid, then holds the pipe open as long as the agent may take, and renews the locks.
time_limit() {
  timer=''
  # /proc names a process's threads, of which it has one: no shell tells a subshell its own number.
  for timer in /proc/self/task/*; do timer=${timer##*/}; done
  # shellcheck disable=SC2016
  [ "$timer" != '*' ] || timer=$(exec sh -c 'echo "$PPID"')
  echo "$timer" >&9
  echo "$timer"
  left=$timeout last=${!:-}
  # A signal may come before the sleep is one: until then it has this shell's traps, and only KILL ends it.
  trap '[ "${!:-}" = "$last" ] || kill -KILL "$!"; exit' HUP INT QUIT TERM
  while [ "$left" -gt "$renew" ]; do
    LC_ALL=C sleep "$renew" >/dev/null 2>&1 3<&- 4<&- 5>&- 6>&- 7>&- 8<&- 9>&- &
    wait "$!"
    left=$((left - renew))
    renew_all >/dev/null
  done
  exec sleep "$left"
}

# read_timer: sets $timer to the pid that the timer of lead has written.
read_timer() { read -r timer <&3; } 2>/dev/null

# read_exit: sets $status to the command's exit status, "expired" if it was ended, or nothing.
read_exit() {
  status=''
  if [ -s "$rc" ]; then read -r status <"$rc"; fi
}

# judge: says in $reason why the attempt is no answer, or leaves it empty.
judge() {
  reason='' transient='' checked_now='' rc=$try/rc
  read_exit
  if [ "$status" = expired ]; then
    reason="timed out after ${timeout}s"
  elif [ -z "$status" ]; then
    reason="ended without a status (killed, or the disk is full; $job_status)"
  elif [ "$envelope" = text ]; then
    [ "$status" = 0 ] || reason="exit status $status$(last_words)"
  else
    unwrap
  fi
  if [ -z "$reason" ] && blank "$try/output.md"; then reason="empty answer"; fi
  add_costs
  if [ -z "$reason" ]; then
    read_files
    [ -n "$reason" ] || [ -z "$checks" ] || check "$try/output.md"
  elif [ "$status" != expired ]; then
    ask_whether_transient
  fi
}

# unwrap: takes the answer out of its envelope; what was printed is the answer where the envelope is elsewhere.
unwrap() {
  if [ ! -e "$try/printed" ]; then return; fi
  LC_ALL=C awk -v answer="$try/output.md" -v result="$try/result.json" -v log_file="$me/log.txt" \
    -v status="$status" -f "$here/json.awk" -f "$here/envelope.awk" -f "$here/envelope-$envelope.awk" \
    "$try/printed" >"$try/verdict" || reason="cannot read what the agent printed: is the disk full?"
  IFS= read -r line <"$try/verdict"
  case $line in
    ok) [ -e "$try/output.md" ] || mv "$try/printed" "$try/output.md" ;;
    'error '*) reason=${line#error } ;;
    *) reason="cannot read what the agent printed" ;;
  esac
}

last_words() {
  line=$(tail -n 1 "$me/log.txt" | tr '[:cntrl:]' ' ' | cut -c 1-200)
  [ -z "${line% }" ] || printf ': %s' "${line% }"
}

# blank FILE: is there nothing but white space in it, or no file?
blank() {
  if [ ! -f "$1" ]; then return 0; fi
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in *[![:space:]]*) return 1 ;; esac
  done <"$1"
}

# read_files: what an agent says that it made, in a files.json of its own, is to be there.
read_files() {
  # shellcheck disable=SC3013
  if [ ! "$me/files.json" -nt "$me/.stamp" ]; then return; fi
  LC_ALL=C awk -f "$here/json.awk" -f "$here/files.awk" "$me/files.json" >"$try/files" ||
    { reason="its files.json is no JSON list of paths" && return; }
  while IFS= read -r name; do
    case /$name/ in
      //* | */../*) reason="its files.json names $name, which is out of the project" ;;
      *) [ -e "./$name" ] || reason="its files.json names $name, which is not there" ;;
    esac
  done <"$try/files"
}

# --- another try --------------------------------------------------------------

# ask_whether_transient: sets $transient to the seconds that were asked for, or 0, if trying again may help.
ask_whether_transient() {
  {
    printf '%s\n' "$reason"
    tail -n 40 "$me/log.txt" | cut -c 1-2000
    if [ -f "$try/$sink" ]; then tail -n 40 "$try/$sink" | cut -c 1-2000; fi
  } >"$try/said" 2>/dev/null
  read -r word value <<END
$(LC_ALL=C awk -f "$here/transient.awk" "$try/said")
END
  [ "$word" != transient ] || transient=${value:-0}
}

# again: is there to be another try?  It waits first, if it has to.
again() {
  if [ -n "$transient" ]; then
    [ "$turned_away" -lt "$retries" ] || return 1
    turned_away=$((turned_away + 1))
    back_off "$transient"
  elif [ -n "$checked_now" ]; then
    [ "$refusals" -lt "$check_retries" ] || return 1
    refusals=$((refusals + 1))
    delay=0
  else
    return 1
  fi
  now
  took=$((ticks - since))
  costs_of "$part" 1
  quote "$reason"
  # What is there of it is no answer, also where a check would let it pass by now.
  clear_attempt
  event attempt ",\"attempt\":$tries,\"state\":\"failed\",\"seconds\":$((took / 100)).$((took / 10 % 10)),\"reason\":$quoted,\"retry_in\":$delay$costs"
  say "wave $wave: $agent failed: $reason; trying again in ${delay}s"
  if [ "$delay" -gt 0 ]; then
    left=$delay
    while [ "$left" -gt 0 ]; do
      sleep "$((left < renew ? left : renew))" >/dev/null 2>&1 &
      sleeper=$!
      wait "$sleeper"
      sleeper=''
      left=$((left - renew))
      renew_all
    done
  fi
}

# back_off SECONDS: sets $delay to them, or to 2, 4, 8 ... up to 120, and up to as much again at random: those
# that were turned away together do not come back together.
back_off() {
  base=${WAVEMAKE_BACKOFF:-2} n=1
  while [ "$n" -lt "$tries" ] && [ "$base" -lt 60 ]; do base=$((base * 2)) n=$((n + 1)); done
  now
  delay=$((base + ($$ * 7919 + ticks) % (base + 1)))
  [ "$1" -le 0 ] || delay=$(($1 + delay % 3))
  [ "$delay" -le 3600 ] || delay=3600
}
