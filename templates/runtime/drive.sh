#!/bin/sh
# Runs goals: all of them in one sub-make, or one ninja, then the summary.
#
#   sh drive.sh DIR PREFIX MAKE PLAN GOALS FORCE RUNNERS COMPILE...
#
#   GOALS    as typed, blank-separated; none means all      FORCE    non-empty: pay for them again
#   RUNNERS  the commands that the plan's agents need       COMPILE  what compiles the plan again
#
# ninja.sh calls it with MAKE=ninja, and with the options of ninja in WAVEMAKE_NINJA.
#
# Exit status: that of the sub-make.
# shellcheck disable=SC1091,SC2154 # what it shares with agent.sh
set -u
unset CDPATH
dir=$1 prefix=$2 make=$3 plan=$4 goals=$5 force=$6 runners=$7
shift 7
here=$dir/runtime

rules=$dir/agents.mk
flags=${MAKEFLAGS:-}
case ${flags%% *} in -*) flags='' ;; *) flags=${flags%% *} ;; esac
if [ "$make" = ninja ]; then
  rules=$dir/build.ninja
  case " $WAVEMAKE_NINJA " in *' -n '*) flags=n ;; *) flags='' ;; esac
fi
case $flags in *n* | *q* | *t*) dry=1 ;; *) dry='' ;; esac
case $flags in *s*) quiet=1 ;; *) quiet='' ;; esac

say() { [ -n "$quiet" ] || printf 'wavemake: %s\n' "$1"; }

# --- a plan that is newer than what was compiled ---------------------------

compile_again() {
  # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
  if [ -z "$plan" ] || [ ! "$plan" -nt "$rules" ]; then return 0; fi
  if sh "$here/plan.sh" . "$dir" "${rules##*/}" "$plan"; then
    [ -n "$dry" ] || touch "$rules"
  elif [ -n "$dry" ]; then
    # Asked whether anything is to be done: there is.
    case $flags in *q*) exit 1 ;; esac
    say "$plan has changed: make would compile it again first" >&2
  elif command -v "$1" >/dev/null 2>&1; then
    say "$plan has changed"
    "$@" || exit 2
  else
    printf 'wavemake: %s has changed, and %s is not installed to compile it again.\n' "$plan" "$1" >&2
    printf 'wavemake: put it on the PATH (a venv may hold it), or run what was compiled: %s -f %s %s\n' \
      "${make##*/}" "$rules" "$prefix-agents" >&2
    exit 2
  fi
}

# --- goals ------------------------------------------------------------------

# Sets $targets to the fragment's names for the goals, $WAVEMAKE_FORCE, and $whole if a wave is asked for.
read_goals() {
  targets='' whole='' forced=${WAVEMAKE_FORCE:-} answer=output.md
  [ "$make" != ninja ] || answer=.answer
  for goal in ${goals:-all}; do
    again=$goal
    case $goal in
      all) targets="$targets $prefix-agents" whole=1 ;;
      wave-*) targets="$targets $prefix-$goal" whole=1 again=$(waves_up_to "${goal#wave-}") ;;
      rerun-wave-*)
        targets="$targets $prefix-only-${goal#rerun-}" forced="$forced ${goal#rerun-}" whole=1 ;;
      *) targets="$targets $dir/$goal/$answer" ;;
    esac
    [ -z "$force" ] || forced="$forced $again"
  done
}

# Of make's goals the Makefile knows.
look_for_goals() {
  # shellcheck disable=SC2086
  unknown=$(printf '%s\n' $goals | LC_ALL=C awk '
    FNR == NR { goals[++count] = $1; next }
    /^  "waves": / { waves = $2 + 0 }
    /^ *\{"name":"/ { split($0, part, "\""); known[part[4]] }
    END {
      known["all"]
      for (i = 1; i <= waves; i++) { known["wave-" i]; known["rerun-wave-" i] }
      for (i = 1; i <= count; i++) if (!(goals[i] in known)) { print goals[i]; exit }
    }' - "$dir/manifest.json")
  if [ -n "$unknown" ]; then
    printf 'wavemake: there is no agent or goal %s; wavemake status lists the agents\n' "$unknown" >&2
    exit 2
  fi
}

waves_up_to() {
  n=0
  while [ "$n" -lt "$1" ]; do
    n=$((n + 1))
    printf 'wave-%s ' "$n"
  done
}

# A missing CLI is said before any agent starts; what can be reused needs none.
look_for_runners() {
  missing=''
  for name in $runners; do
    command -v "$name" >/dev/null 2>&1 || missing="$missing${missing:+, }$name"
  done
  if [ -n "$missing" ]; then
    if [ -n "$whole" ]; then
      export WAVEMAKE_MISSING="$missing"
      told='agents that cannot be reused will not be started (one that does not need it is, if it is named)'
    else
      told='agents that need it and cannot be reused will fail'
    fi
    printf 'wavemake: %s is not installed: %s\n' "$missing" "$told" >&2
  fi
}

# --- the run ----------------------------------------------------------------

# record EVENT MEMBERS: what the driver itself has to tell, as of the last `now`.  The start of a run is a whole
# second, as is all that it counts from: of two runs in one second, the later must not seem to be the earlier.
record() {
  printf '{"t":%s,"run":"%s","event":"%s",%s}\n' "$epoch" "$WAVEMAKE_RUN" "$1" "$2" >>"$dir/events.jsonl"
}

# count_jobs: sets $jobs to their number, as far as it was said.
count_jobs() {
  jobs=" ${WAVEMAKE_NINJA:-} ${MAKEFLAGS:-}"
  case $jobs in
    *' -j'[0-9]*) jobs=${jobs#* -j} jobs=${jobs%%[!0-9]*} ;;
    *) jobs=null ;;
  esac
}

forward() {
  stopped=1
  [ -z "$job" ] || kill -TERM "$job" 2>/dev/null
}

run_make() {
  job='' stopped=''
  # Ctrl-C does not reach a background job; wait ends at a signal, with the sub-make still ending its agents.
  trap forward HUP INT QUIT TERM
  # shellcheck disable=SC2086
  if [ "$make" = ninja ]; then
    "$make" -f "$rules" $WAVEMAKE_NINJA $targets 9>&1 &
  else
    "$make" -k -r -s --no-print-directory -f "$rules" $targets &
  fi
  job=$!
  [ -z "$stopped" ] || forward
  wait "$job"
  status=$?
  while kill -0 "$job" 2>/dev/null; do
    wait "$job"
    status=$?
  done
  trap - HUP INT QUIT TERM
}

# is_emptied: has an answer that was asked for been emptied, and does nobody read it?  A reader is blocked by it, but
# make goes by times alone.  Very many, as the first line of their list says, are not looked at.
is_emptied() {
  {
    read -r n
    while [ "$n" -le 100 ] && read -r name wave; do
      if [ ! -s "$dir/$name/output.md" ] && is_asked_for; then return 0; fi
    done
  } <"$dir/unread"
  return 1
}

is_asked_for() {
  for goal in ${goals:-all}; do
    case $goal in
      all | "$name" | "rerun-wave-$wave") return 0 ;;
      wave-*) [ "$wave" -gt "${goal#wave-}" ] || return 0 ;;
    esac
  done
  return 1
}

# ninja starts an agent that has no link to its answer; what an agent is asked stays where it is.
forget_forced() {
  # shellcheck disable=SC2086
  printf '%s\n' $forced | LC_ALL=C awk -v dir="$dir" '
    FNR == NR { forced[$1]; next }
    /^ *\{"name":"/ {
      split($0, part, "\"")
      me = dir "/" part[4]
      match($0, /"wave":[0-9]+/)
      wave = "wave-" substr($0, RSTART + 7, RLENGTH - 7)
      if ("all" in forced || part[4] in forced || wave in forced) print me "/.answer\n" me "/.ended"
    }
  ' - "$dir/manifest.json" | xargs rm -f
}

. "$here/clock.sh"
. "$here/record.sh"
compile_again "$@"
if [ "$make" = ninja ] && [ -n "$goals" ]; then look_for_goals; fi
read_goals
if [ -n "$forced" ]; then export WAVEMAKE_FORCE="$forced"; fi
WAVEMAKE_CLOCK=''
now
WAVEMAKE_RUN=$epoch-$$ WAVEMAKE_QUIET=$quiet WAVEMAKE_CLOCK="$epoch $ticks"
export WAVEMAKE_RUN WAVEMAKE_QUIET WAVEMAKE_CLOCK
if [ "$make" = ninja ]; then
  if [ -n "$forced" ] && [ -z "$dry" ]; then forget_forced; fi
  export WAVEMAKE_VOICE=9
fi
if [ -z "$dry" ]; then
  look_for_runners
  case "$make ${MAKEFLAGS:-} " in
    'ninja '*) ;;
    *-j*) ;;
    *) [ "$flags" != "${flags#*j}" ] || say "one agent at a time; for four at once: ${make##*/} -j4" ;;
  esac
fi
if [ -z "$dry" ]; then
  keep_events "$WAVEMAKE_RUN"
  count_jobs
  record run "\"jobs\":$jobs,\"goals\":\"${goals:-all}\""
fi
run_make
case $status,$dry,$flags in
  0,,* | 0,1,*q*)
    if is_emptied; then
      status=1
      [ -z "$quiet" ] || printf 'wavemake: %s/output.md is empty\n' "$dir/$name" >&2
    fi ;;
esac
if [ -z "$dry" ]; then
  if [ "$status" != 0 ] || is_untold "$WAVEMAKE_RUN"; then
    now
    record run-end "\"status\":$status"
    case $status,${goals:-all} in 0,all) looked=well ;; *,all) looked=all ;; *) looked='' ;; esac
    sh "$here/summary.sh" "$dir" "$WAVEMAKE_RUN" "$quiet" '' "$looked" "$make"
  else
    say "nothing to do: all is up to date"
  fi
fi
exit "$status"
