#!/bin/sh
# Leads the agent's own session, so that the agent and all that it starts can be ended together.
#
#   TIMER | setsid sh lead.sh COMMAND [ARG...]  4<PROMPT 5>PRINTED 6>LOG 7>RC 8<RC
#
# The timer writes its pid, a line, and holds the pipe open.  When the pipe is closed, by the time limit, by
# the death of whoever waits for the agent or by the agent's own end, the whole process group is ended.  RC's
# first line is the exit status of a command that ended by itself, "expired" before any other is ended.
read -r wm_timer || exit 125
trap '' TERM
exec 9<&0 2>/dev/null
(
  read -r _
  if ! read -r _ <&8; then
    echo expired >&7 || kill -KILL "-$$"
    kill -TERM "-$$"
    sleep 5
  fi
  kill -KILL "-$$"
) <&9 >/dev/null &
trap : TERM

# Some shells tell of the signal that ends a command, by the standard error that they have meanwhile: the log is
# the agent's.
{ (exec "$@" <&4 >&5 2>&6 3<&- 4<&- 5>&- 6>&- 7>&- 8<&- 9<&-); } 2>/dev/null
wm_status=$?

# What the command leaves behind has had its TERM, and gets a second to follow it.
if read -r _ <&8; then
  sleep 1
  kill -KILL "-$$"
fi
echo "$wm_status" >&7
kill -TERM "-$$"
kill "$wm_timer"
wait
