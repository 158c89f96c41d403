#!/bin/sh
# Leads the agent's own session, so that the agent and all that it starts can be ended together.
#
#   TIMER | setsid sh lead.sh TRY LOG COMMAND [ARG...]
#
# The timer writes its pid, a line, and holds the pipe open.  When the pipe is closed, by the time
# limit or by the death of whoever waits for the agent, the whole process group is ended.
try=$1 log=$2
shift 2
read -r timer || exit 125
trap : TERM
exec 9<&0 2>/dev/null
(
  trap '' TERM
  read -r _
  : >"$try/expired"
  kill -TERM "-$$"
  sleep 5
  kill -KILL "-$$"
) <&9 >/dev/null &
watcher=$!

"$@" <"$try/prompt.md" >"$try/printed" 2>>"$log" 9<&-
status=$?

# What the command leaves behind has had its TERM, and gets a second to follow it.
if [ -e "$try/expired" ]; then
  sleep 1
  kill -KILL "-$$"
fi
echo "$status" >"$try/rc"
kill -KILL "$watcher"
wait "$watcher"
kill "$timer"
