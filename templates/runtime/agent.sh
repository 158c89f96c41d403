#!/bin/sh
# Runs one agent: the recipe of its output.md.
#
#   sh agent.sh ROOT DIR TOTAL WAVE AGENT [settle|told]
#
#   ROOT    the project's folder, relative to where make runs
#   DIR     the folder of all agents, relative to ROOT
#   TOTAL   how many agents the plan has
#   settle  the recipe of .ended: as ever, but a failure ends well and leaves no .ended behind
#   told    the recipe of output.md behind it: has the agent that settled an answer?
#
# WAVEMAKE_RESTAT, if set, leaves the time of an output alone whose content stays and which ninja knows by its
# link .answer: its restat then sees that nothing has to follow.
#
# Everything about the agent stands in the head of DIR/AGENT/task.md.  Exit
# status: 0 when output.md is good, 1 when the agent failed, 128+N on signal N.
#
# DIR/AGENT/
#   output.md  the answer           key   what it was paid for, and its checksum
#   .lock      "HOST PID SECONDS" of whoever works here; it is dead when it was not renewed for so long
#   .stamp     its time is the time at which the inputs were read
#   failed-prompt.md  what was asked last, if that failed; prompt.md is what the answer was paid for
#   .try/      the attempt under way, thrown away once it is accepted or failed
#
# Beside it stand clock.sh, report.sh, which tells and records, lock.sh, which keeps others away, and inputs.sh, which knows
# what is paid for; and, read when they are needed, hold.sh (approval, budget, pools), attempt.sh (runs the
# command and judges), check.sh (checks an answer) and accept.sh (puts it in place).
# shellcheck disable=SC2317,SC2034,SC2154,SC1091 # stop is called by traps alone; what is set in one file is used in another
set -u
unset CDPATH
cd "$1" || exit 1
dir=$2 total=$3 wave=$4 agent=$5 mode=${6:-}

me=$dir/$agent
try=$me/.try
here=$dir/runtime
run=${WAVEMAKE_RUN:-}
missing=${WAVEMAKE_MISSING:-}
nl='
'
blanks=$IFS
voice=${WAVEMAKE_VOICE:-1} ninja=${WAVEMAKE_RESTAT:-} restat=''
if [ -n "$ninja" ] && [ -h "$me/.answer" ]; then restat=1; fi
job='' job_status='' sleeper='' started='' locked='' kept='' seat='' sat='' bill='' tries=0 turned_away=0 refusals=0 feedback='' waited=''
runner='' model='' timeout=1800 cap=1048576 envelope=text

quiet=${WAVEMAKE_QUIET-unset}
if [ "$quiet" = unset ]; then
  flags=${MAKEFLAGS:-}
  case ${flags%% *} in -*) quiet='' ;; *s*) quiet=1 ;; *) quiet='' ;; esac
fi
forced=''
for word in ${WAVEMAKE_FORCE:-}; do
  case $word in all | "$agent" | "wave-$wave") forced=1 ;; esac
done
# The agent may run make itself: it must not inherit this make's flags, jobserver or goals.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES MAKE_TERMOUT MAKE_TERMERR GNUMAKEFLAGS
unset FORCE WAVEMAKE_FORCE WAVEMAKE_MISSING WAVEMAKE_RUN WAVEMAKE_QUIET WAVEMAKE_VOICE WAVEMAKE_RESTAT
unset WAVEMAKE_NINJA CLAUDECODE

# Words for $digest, split at line ends: a function would cost a process more.  What runs once for each agent gets
# the C locale, in which a tool reads no locale files.
digest=sha256sum
command -v sha256sum >/dev/null 2>&1 || digest=shasum${nl}-a${nl}256

. "$here/clock.sh"
. "$here/report.sh"
. "$here/lock.sh"
. "$here/inputs.sh"
[ -n "$run" ] || name_run
# Another make sees by it that this one is at work.
[ -e "$dir/runs/.ended.$run" ] || { mkdir -p "$dir/runs" && printf '' >>"$dir/runs/.ended.$run"; } 2>/dev/null

# --- ending ---------------------------------------------------------------

# From here on nothing can be interrupted; where it comes from may have split words its own way.
enter_ending() {
  trap '' HUP INT QUIT TERM
  IFS=$blanks
  set +fC
  if [ -z "$job" ]; then still_ours; fi
}

leave() {
  if [ -n "$seat" ] && ! mine "$seat"; then seat=''; fi
  set -- "$1" ${locked:+"$me/.lock"} ${seat:+"$seat"}
  if [ -n "$locked" ] && [ -z "$kept" ]; then set -- "$@" "$try"/*; fi
  if [ "$1" = 0 ] && [ -n "$locked" ] && [ -e "$me/failed-prompt.md" ]; then set -- "$@" "$me/failed-prompt.md"; fi
  if [ "$#" -gt 1 ]; then
    code=$1
    shift
    LC_ALL=C rm -rf "$@"
    set -- "$code"
  fi
  case $mode,$1 in
    settle,0)
      # As a link, it is missing to ninja when the answer is, and edited when that is.
      if [ -z "$ninja" ]; then touch -r "$me/output.md" "$me/.ended"
      elif [ ! -h "$me/.ended" ]; then ln -sf output.md "$me/.ended"; fi ;;
    settle,1) rm -f "$me/.ended" && exit 0 ;;
  esac
  exit "$1"
}

# A failed agent's last good output stays, but older than all that it reads: make must not call it done.  Nor
# must ninja, which goes by its link.
backdate() {
  if [ -e "$me/output.md" ]; then touch -t 198001020000 "$me/output.md"; fi
  if [ -h "$me/.answer" ]; then rm -f "$me/.answer"; fi
}

fail() {
  enter_ending
  if [ -n "$locked" ] && [ -z "$kept" ]; then
    if [ -n "${sink:-}" ] && [ -s "$try/$sink" ]; then
      { echo "--- what the agent printed:"; cat "$try/$sink"; echo; } >>"$me/log.txt"
    fi
    [ ! -f "$try/prompt.md" ] || mv -f "$try/prompt.md" "$me/failed-prompt.md"
    # Room for the status, if the disk is full.
    rm -f "$try/printed" "$try/output.md"
  fi
  [ -z "$kept" ] || set -- "$1 (its answer is kept for the next make)"
  backdate
  settle_status failed "$1" >&2
  leave 1
}

# not_run STATE REASON: nothing was started, and nothing is lost.
not_run() {
  enter_ending
  backdate
  settle_status "$1" "$2" >&2
  leave 1
}

# stop STATUS: a signal came.  The end of the timer is what ends the agent, wherever its start has got to.
stop() {
  enter_ending
  [ -z "$sleeper" ] || kill -KILL "$sleeper"
  [ "$job" != starting ] || job=${!:-}
  if [ -n "$job" ]; then
    n=0 voice=1 # run_agent has a use of its own for the other one
    until read_timer || [ "$n" -ge 50 ]; do n=$((n + 1)); nap; done
    kill "${timer:-$job}" 2>/dev/null
    wait "$job" 2>/dev/null
    still_ours
  fi
  if [ -n "$locked" ]; then
    status=''
    [ ! -s "$try/rc" ] || read -r status <"$try/rc"
    case $status in '' | expired) ;; *) kept=1 ;; esac
    settle_status interrupted "stopped by a signal"
  fi
  leave "$1"
}

# --- the order of it ------------------------------------------------------

# tell: what make gets to know of an agent that has settled.
tell() {
  [ -s "$me/output.md" ] && good "$me" || exit 1
  [ ! -e "$me/.ended" ] || touch -r "$me/.ended" "$me/output.md"
  exit 0
}

# forget: the same input is to be paid again, also if this attempt never ends.
forget() {
  if [ -f "$me/key" ]; then
    inputs_of "$me/key"
    printf 'output %s\n' "$paid" >"$me/key" || fail "cannot write in $me"
  fi
  backdate
}

keep_pinned() {
  enter_ending
  touch "$me/output.md" || fail "cannot set the time of its output"
  settle_status pinned "pinned by hand"
  leave 0
}

# by_hand: is there an output that nobody was paid for, newer than all that it would be made from?  make asks
# that of the times before it starts anything, but of an agent that settles it has .ended alone; ninja knows of its
# own runs.
by_hand() {
  line=''
  if ! { [ -s "$me/output.md" ] && good "$me"; }; then return 1; fi
  if [ -f "$me/key" ]; then
    case $line in '' | *'"state":"done"'*) return 1 ;; esac
  fi
  set -f
  IFS=$nl
  # shellcheck disable=SC2086
  newer=$(find -L "$me/task.md" $paths -newer "$me/output.md" 2>&1)
  IFS=$blanks
  set +f
  [ -z "$newer" ]
}

# use_what_is_there: an answer accepted earlier, or one of an attempt that ended just before its recipe was
# killed.
use_what_is_there() {
  if [ -n "$forced" ] || ! has_outputs; then return; fi
  if [ -s "$me/output.md" ] && [ -f "$me/key" ]; then
    inputs_of "$me/key"
    [ "$inputs" != "$key" ] || reuse
  fi
  if [ -n "$ninja$mode" ] && by_hand; then enter_ending && leave 0; fi
  if [ ! -s "$try/rc" ] || [ ! -f "$try/inputs" ]; then return; fi
  inputs_of "$try/inputs"
  if [ "$inputs" != "$key" ]; then return; fi
  . "$here/attempt.sh"
  tries=1
  judge
  [ -n "$reason" ] || accept
}

reuse() {
  [ "$checks" = "$checked" ] || check_again
  if [ "$approve" = after ]; then await_approval; fi
  enter_ending
  [ -n "$restat" ] || LC_ALL=C touch -r "$me/.stamp" "$me/output.md" || fail "cannot set the time of its output"
  line=''
  if [ -e "$me/status.json" ]; then IFS= read -r line <"$me/status.json"; fi
  case $line in
    *'"state":"done"'*) measure reused '' && announce reused '' ;;
    *) settle_status reused '' ;;
  esac
  leave 0
}

# check_again: the checks are others than those that the output passed; it is not paid for again.
check_again() {
  . "$here/attempt.sh"
  [ -d "$try" ] || mkdir "$try" || fail "cannot write in $me: is the disk full?"
  reason=''
  [ -z "$checks" ] || check "$me/output.md"
  [ -z "$reason" ] || fail "$reason (the answer is kept: FORCE=1 pays for another)"
  { printf '%soutput %s\n%s' "$key" "$paid" "$checks" >"$me/.key" && mv -f "$me/.key" "$me/key"; } ||
    fail "cannot write in $me"
}

await_approval() {
  . "$here/hold.sh"
  if approved "${key}output $paid$nl"; then return; fi
  printf '%soutput %s\n' "$key" "$paid" >"$me/.waiting" || fail "cannot write in $me: is the disk full?"
  not_run waiting "$(how_to_approve)"
}

# pay: one attempt; returns if there is to be another.
pay() {
  . "$here/attempt.sh"
  run_agent
  judge
  [ -n "$reason" ] || has_outputs || reason="it did not write $lacking, as it was asked to"
  [ -n "$reason" ] || accept
  again || fail "$reason"
}

[ "$mode" != told ] || tell
trap 'stop 129' HUP
trap 'stop 130' INT
trap 'stop 131' QUIT
trap 'stop 143' TERM

hostname
lock
if [ -f "$try/output.md" ]; then read_head && . "$here/accept.sh" && finish_acceptance; fi
if [ -e "$me/pinned" ] && [ -s "$me/output.md" ]; then read_head && keep_pinned; fi
[ -z "$forced" ] || forget
looks=0
while :; do
  echo stamp >"$me/.stamp" || fail "cannot write in $me: is the disk full?"
  read_head
  await_reads
  make_key
  use_what_is_there
  if [ -n "$approve" ] || [ -s "$dir/limits" ]; then
    . "$here/hold.sh"
    hold || continue
  fi
  assemble
  if changed; then continue; fi
  pay
done
