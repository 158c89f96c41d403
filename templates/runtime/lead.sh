#!/bin/sh
# Leads the agent's own session, so that the agent and all that it starts can be ended together.
#
#   TIMER | setsid sh lead.sh STATUS RECORD COOKIE LOCALE COMMAND [ARG...]  4<PROMPT 5>PRINTED 6>LOG
#
#   STATUS  a private file of blanks, which gets the exit status of a command that ended by itself, or why it was ended
#   RECORD  the same for the next make, in case this one is killed: agents can write it
#   COOKIE  marks the command and all that it starts
#   LOCALE  its LC_ALL, or nothing: what leads it has the C locale
#
# The timer writes its pid, a line, and holds the pipe open.  When the pipe is closed, by the time limit ("expired"
# is its last word), by the death of the make that waits for the agent ("lost") or by the agent's own end, the whole
# process group is ended.  Both files were written before, so that a full disk has room for a status.
set -u
wm_proc=${WAVEMAKE_PROC:-/proc} wm_status_file=$1 wm_end_file=$2 wm_cookie=$3
if [ -n "$4" ]; then LC_ALL=$4; else unset LC_ALL; fi
shift 4

. "$wm_here/sweep.sh"

# settle WORD: records the end of the command, unless another was recorded first.
settle() {
  read -r wm_word <"$wm_status_file" || :
  if [ -n "$wm_word" ]; then return 1; fi
  printf '%-9s\n' "$1" 1<>"$wm_status_file" || return 2
  printf '%-9s\n' "$1" 1<>"$wm_end_file" || :
} 2>/dev/null

wm_timer='' wm_word=''
read -r wm_timer || exit 125
echo "$wm_timer $$" 1<>"$wm_status_file.pids" || exit 125
trap '' TERM
exec 9<&0 2>/dev/null
(
  wm_why=''
  read -r wm_why || :
  settle "${wm_why:-lost}"
  case $? in
    0)
      kill -TERM "-$$"
      signal_marked TERM "$wm_cookie"
      sleep 5
      signal_marked KILL "$wm_cookie" ;;
    # The waiting make is gone.
    2) signal_marked KILL "$wm_cookie" ;;
  esac
  kill -KILL "-$$"
) <&9 >/dev/null &
trap : TERM

# Some shells report the signal that ends a command on the standard error that they have at that time: the log is for
# the agent alone.
{ (export WAVEMAKE_COOKIE="$wm_cookie" && exec "$@" <&4 >&5 2>&6 4<&- 5>&- 6>&- 9<&-); } 2>/dev/null

if ! settle "$?"; then
  # The processes left behind have had a TERM, and get a second to end.
  sleep 1
  signal_marked KILL "$wm_cookie"
  kill -KILL "-$$"
fi
kill -TERM "-$$"
kill "$wm_timer"
wait
kill -KILL "-$$"
