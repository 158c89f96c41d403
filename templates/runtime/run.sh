# Runs goals: all of them in one sub-make, or one ninja.

say() { [ -n "$wm_quiet" ] || printf 'wavemake: %s\n' "$1"; }

# read_flags: sets $wm_rules to the file that is run, $wm_flags to the single-letter flags of make, and from them
# $wm_dry, $wm_watching and $wm_quiet.  Reads $wm_make.
read_flags() {
  wm_rules=$wm_dir/agents.mk
  wm_flags=${MAKEFLAGS:-}
  case ${wm_flags%% *} in -* | *=*) wm_flags='' ;; *) wm_flags=${wm_flags%% *} ;; esac
  if [ "$wm_make" = ninja ]; then
    wm_rules=$wm_dir/build.ninja
    case " $WAVEMAKE_NINJA " in *' -n '*) wm_flags=n ;; *) wm_flags='' ;; esac
  fi
  case $wm_flags in *n* | *q* | *t*) wm_dry=1 ;; *) wm_dry='' ;; esac
  # -t accepts answers after times have been corrected.
  case $wm_flags in *n* | *q*) wm_watching=1 ;; *) wm_watching='' ;; esac
  case $wm_flags in *s*) wm_quiet=1 ;; *) wm_quiet='' ;; esac
}

# --- a plan that is newer than what was compiled ---------------------------

# recompile WAVEMAKE...: compiles the plan with that command.  Reads what read_plan sets.
recompile() {
  say "$wm_plan has changed"
  IFS=$wm_nl
  set -f
  # shellcheck disable=SC2086 # a line a word
  set -- "$@" $wm_again
  set +f
  IFS=$wm_blanks
  "$@"
}

# compile_again: compiles a plan that has changed.  Reads what read_plan sets, and WAVEMAKE, the command of wavemake.
compile_again() {
  # shellcheck disable=SC2086 # a command line
  set -- ${WAVEMAKE:-wavemake}
  # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
  if [ -z "$wm_plan" ] || [ ! -e "$wm_plan" ] || { [ "$wm_plan" -ot "$wm_rules" ] && is_dated; }; then return 0; fi
  if ! has_changed; then
    [ -n "$wm_dry" ] || { own_file "$wm_rules" && touch "$wm_rules"; }
  elif [ -n "$wm_dry" ]; then
    # With -q the answer is yes: there is something to do.
    case $wm_flags in *q*) exit 1 ;; esac
    say "$wm_plan has changed: make would compile it again first" >&2
  elif command -v "$1" >/dev/null 2>&1; then
    recompile "$@" || exit 2
  else
    printf 'wavemake: %s has changed, and %s is not installed to compile it again.\n' "$wm_plan" "$1" >&2
    printf 'wavemake: put it on the PATH (a venv may hold it), or run what was compiled: WAVEMAKE_STALE_PLAN=run %s -f %s %s\n' \
      "${wm_make##*/}" "$wm_rules" "$wm_prefix-agents" >&2
    exit 2
  fi
}

# --- goals ------------------------------------------------------------------

# Sets $wm_targets to the fragment's names for the goals, $WAVEMAKE_FORCE, and $wm_whole if all, or a wave, is a goal.
read_goals() {
  wm_targets='' wm_whole='' wm_forced=${WAVEMAKE_FORCE:-} wm_answer=output.md
  [ "$wm_make" != ninja ] || wm_answer=.answer
  for wm_goal in ${wm_goals:-all}; do
    wm_again=$wm_goal
    case $wm_goal in
      all) wm_targets="$wm_targets $wm_prefix-agents" wm_whole=1 ;;
      wave-*) wm_targets="$wm_targets $wm_prefix-$wm_goal" wm_whole=1 wm_again=$(waves_up_to "${wm_goal#wave-}") ;;
      rerun-wave-*)
        wm_targets="$wm_targets $wm_prefix-only-${wm_goal#rerun-}" wm_whole=1
        wm_forced="$wm_forced ${wm_goal#rerun-}" ;;
      *) wm_targets="$wm_targets $wm_dir/$wm_goal/$wm_answer" ;;
    esac
    [ -z "$wm_force" ] || wm_forced="$wm_forced $wm_again"
  done
}

# name_cells: in $wm_goals, replaces agents that have cells by these, and cells that a run has made by their agent.
# FORCE names the cells.  Sets WAVEMAKE_CELLS to these cells, if they are the only goals.
name_cells() {
  wm_named='' wm_only='' wm_others=''
  for wm_goal in $wm_goals; do
    wm_cells=''
    while read -r wm_word wm_name wm_value; do
      case $wm_word,$wm_name in
        cell,"$wm_goal") wm_cells="$wm_cells $wm_value" ;;
        cells,*) case $wm_goal in "$wm_name-"*) is_in_list && wm_cells=$wm_name && wm_only="$wm_only $wm_goal" ;; esac ;;
        leaves,*) break ;;
      esac
    done <"$wm_here/plan"
    case " $wm_only " in *" $wm_goal "*) ;; *) wm_others=1 ;; esac
    wm_named="$wm_named ${wm_cells:-$wm_goal}"
  done
  wm_goals=${wm_named# }
  if [ -z "$wm_only" ] || [ -n "$wm_others" ]; then return; fi
  export WAVEMAKE_CELLS="$wm_only"
  if [ -n "$wm_force" ] && [ -z "$wm_dry" ]; then force_cells; fi
}

# is_in_list: is the goal in the list of cells of $wm_name?
is_in_list() { LC_ALL=C grep -q -F -e "- [$wm_goal](" "$wm_dir/$wm_name/output.md" 2>/dev/null; }

# force_cells: only these run again.
force_cells() {
  export WAVEMAKE_FORCE="${WAVEMAKE_FORCE:-}$wm_only"
  wm_force=''
  for wm_name in $wm_goals; do
    touch -c -t 198001020000 "$wm_dir/$wm_name/output.md"
    rm -f "$wm_dir/$wm_name/.answer" "$wm_dir/$wm_name/.ended"
  done
}

# The Makefile knows make's goals.
look_for_goals() {
  # shellcheck disable=SC2086
  wm_unknown=$(printf '%s\n' $wm_goals | LC_ALL=C awk '
    FNR == NR { goals[++count] = $1; next }
    /^  "waves": / { waves = $2 + 0 }
    /^ *\{"name":"/ { split($0, part, "\""); known[part[4]] }
    END {
      known["all"]
      for (i = 1; i <= waves; i++) { known["wave-" i]; known["rerun-wave-" i] }
      for (i = 1; i <= count; i++) if (!(goals[i] in known)) { print goals[i]; exit }
    }' - "$wm_dir/manifest.json")
  if [ -n "$wm_unknown" ]; then
    printf 'wavemake: there is no agent or goal %s; wavemake status lists the agents\n' "$wm_unknown" >&2
    exit 2
  fi
}

waves_up_to() {
  wm_n=0
  while [ "$wm_n" -lt "$1" ]; do
    wm_n=$((wm_n + 1))
    printf 'wave-%s ' "$wm_n"
  done
}

# A missing CLI is reported before any agent starts; an answer that can be reused needs none.
look_for_runners() {
  wm_missing=''
  for wm_name in $wm_runners; do
    command -v "$wm_name" >/dev/null 2>&1 || wm_missing="$wm_missing${wm_missing:+, }$wm_name"
  done
  if [ -n "$wm_missing" ]; then
    if [ -n "$wm_whole" ]; then
      export WAVEMAKE_MISSING="$wm_missing"
      wm_effect='no agent is started, and answers are reused where they can be; to run an agent that does not need it, name it'
    else
      wm_effect='agents that need it and cannot be reused will fail'
    fi
    printf 'wavemake: %s is not installed: %s\n' "$wm_missing" "$wm_effect" >&2
  fi
}

# --- the run ----------------------------------------------------------------

# record EVENT MEMBERS: records an event of the driver, with the time of the last `now`.  The start of a run is a whole
# second, as is all that it counts from: of two runs in one second, the later must not seem to be the earlier.
record() {
  printf '{"t":%s,"run":"%s","event":"%s",%s}\n' "$wm_epoch" "$WAVEMAKE_RUN" "$1" "$2" >>"$wm_dir/events.jsonl"
}

# count_jobs: sets $wm_jobs to the number of jobs, if it was given.
count_jobs() {
  wm_jobs=" ${WAVEMAKE_NINJA:-} ${MAKEFLAGS:-}"
  case $wm_jobs in
    *' -j'[0-9]*) wm_jobs=${wm_jobs#* -j} wm_jobs=${wm_jobs%%[!0-9]*} ;;
    *) wm_jobs=null ;;
  esac
}

forward() {
  wm_stopped=1
  [ -z "$wm_job" ] || kill -TERM "$wm_job" 2>/dev/null
}

# hold_jobserver: keeps the FIFO open through which makes share their jobs.  If the make above is killed before the one
# below has opened it, that would wait for ever.
hold_jobserver() {
  case " ${MAKEFLAGS:-} " in *' --jobserver-auth=fifo:'*) ;; *) return ;; esac
  wm_fifo=${MAKEFLAGS#*--jobserver-auth=fifo:}
  wm_fifo=${wm_fifo%% *}
  if [ -p "$wm_fifo" ] && [ -r "$wm_fifo" ] && [ -w "$wm_fifo" ]; then exec 8<>"$wm_fifo"; fi
}

run_make() {
  wm_job='' wm_stopped=''
  hold_jobserver
  # Ctrl-C does not reach a background job; wait ends at a signal, with the sub-make still ending its agents.
  trap forward HUP INT QUIT TERM
  # shellcheck disable=SC2086
  if [ "$wm_make" = ninja ]; then
    "$wm_make" -f "$wm_rules" $WAVEMAKE_NINJA $wm_targets 9>&1 &
  else
    "$wm_make" -k -r -s --no-print-directory -f "$wm_rules" $wm_targets &
  fi
  wm_job=$!
  [ -z "$wm_stopped" ] || forward
  # This runs while make compares times, and again if an agent ends in this run.
  [ "$wm_leaves" -le 50 ] || wm_emptied=$(empty_leaves)
  wait "$wm_job"
  wm_status=$?
  while kill -0 "$wm_job" 2>/dev/null; do
    wait "$wm_job"
    wm_status=$?
  done
  trap - HUP INT QUIT TERM
}

# end_private_run: ends processes that agents of this run have left, and sums up with the copy of the runtime that none
# of them could change: a shell reads its script as it goes.  Returns if no agent was started.
end_private_run() {
  # shellcheck disable=SC3067 # all the shells have it
  if [ ! -f "$WAVEMAKE_PRIVATE/ready" ] || [ ! -O "$WAVEMAKE_PRIVATE" ]; then return; fi
  sweep "$WAVEMAKE_RUN/"
  sh "$WAVEMAKE_PRIVATE/drive.sh" sum "$wm_dir" "$WAVEMAKE_RUN" "$wm_quiet" "$wm_looked" "$wm_make" "$wm_status"
  rm -rf "$WAVEMAKE_PRIVATE"
  exit "$wm_status"
}

# is_emptied: was an answer of the goals emptied, or replaced by a folder, that has no readers?  It blocks its readers, but
# make only compares times.  Sets $wm_name to it.
is_emptied() {
  if [ "$wm_leaves" -gt 50 ]; then
    if [ -s "$wm_dir/runs/.ended.$WAVEMAKE_RUN" ]; then wm_emptied=$(empty_leaves); fi
    [ -n "$wm_emptied" ] || return 1
  fi
  if is_odd "$wm_here/plan"; then return 1; fi
  while read -r wm_word wm_name wm_wave; do
    case $wm_word in leaf) ;; *) continue ;; esac
    if { [ ! -s "$wm_dir/$wm_name/output.md" ] || is_odd "$wm_dir/$wm_name/output.md"; } && is_asked_for; then return 0; fi
  done <"$wm_here/plan"
  return 1
}

# empty_leaves: names the empty ones; for many, find is faster than the shell.
empty_leaves() {
  # shellcheck disable=SC2016 # the inner shell's own
  (cd "$wm_dir" && LC_ALL=C sed -n 's,^leaf \([^ ]*\) .*,\1/output.md,p' runtime/plan | xargs sh -c 'find "$@" -prune \( -size 0 -o ! -type f \) 2>/dev/null' sh)
}

is_asked_for() {
  for wm_goal in ${wm_goals:-all}; do
    case $wm_goal in
      all | "$wm_name" | "rerun-wave-$wm_wave") return 0 ;;
      wave-*) [ "$wm_wave" -gt "${wm_goal#wave-}" ] || return 0 ;;
    esac
  done
  return 1
}

# ninja starts an agent that has no link to its answer: only the links are removed.
forget_forced() {
  # shellcheck disable=SC2086
  printf '%s\n' $wm_forced | LC_ALL=C awk -v dir="$wm_dir" '
    FNR == NR { forced[$1]; next }
    /^ *\{"name":"/ {
      split($0, part, "\"")
      me = dir "/" part[4]
      match($0, /"wave":[0-9]+/)
      wave = "wave-" substr($0, RSTART + 7, RLENGTH - 7)
      of_cell = 0
      if (/,"listed_by":/) for (name in forced) if (index(name, part[4] "-") == 1) of_cell = 1
      if (of_cell || "all" in forced || part[4] in forced || wave in forced) print me "/.answer\n" me "/.ended"
    }
  ' - "$wm_dir/manifest.json" | xargs rm -f
}

# look_at_edits: makes agents run their recipes whose edits are gone from the project, to apply them again.
look_at_edits() {
  if [ -z "$wm_workspaces" ]; then return; fi
  for wm_name in $(WAVEMAKE_RUN='' sh "$wm_here/agent.sh" "${wm_root:-.}" "$wm_dir" 1 "${wm_dry:+dry}" . look); do
    WAVEMAKE_STALE="$WAVEMAKE_STALE $wm_name"
    if [ -n "$wm_dry" ]; then continue; fi
    touch -t 198001020000 "$wm_dir/$wm_name/output.md"
    rm -f "$wm_dir/$wm_name/.answer" "$wm_dir/$wm_name/.ended"
  done
}

# run_goals MAKE GOALS FORCE: what make and ninja run for all goals that are asked for at once.
#
#   GOALS  as typed, blank-separated; none means all      FORCE  non-empty: run them again
#
# ninja.sh gives ninja for MAKE, and the options of ninja in WAVEMAKE_NINJA.  Sets $wm_status to the exit status, and
# $wm_looked to "all" if every agent was examined; ends here if there is nothing to sum up.
run_goals() {
  wm_make=$1 wm_goals=$2 wm_force=$3 wm_looked=''
  case $wm_goals in '' | all) wm_looked=all ;; esac
  read_plan
  read_flags
  name_cells
  look_at_times
  compile_again
  audit
  tell_of_audit
  WAVEMAKE_STALE=''
  [ -z "$wm_verdicts" ] || WAVEMAKE_STALE=$(answers_that stale conflict)
  look_at_edits
  export WAVEMAKE_STALE
  if [ "$wm_make" = ninja ] && [ -n "$wm_goals" ]; then look_for_goals; fi
  read_goals
  if [ -n "$wm_forced" ]; then export WAVEMAKE_FORCE="$wm_forced"; fi
  WAVEMAKE_CLOCK=''
  now
  WAVEMAKE_RUN=$wm_epoch-$$ WAVEMAKE_QUIET=$wm_quiet WAVEMAKE_CLOCK="$wm_epoch $wm_ticks"
  case ${TMPDIR:-} in
    /*) WAVEMAKE_PRIVATE=$TMPDIR/wavemake-$WAVEMAKE_RUN ;;
    *) WAVEMAKE_PRIVATE=/tmp/wavemake-$WAVEMAKE_RUN ;;
  esac
  locate
  export WAVEMAKE_RUN WAVEMAKE_QUIET WAVEMAKE_CLOCK WAVEMAKE_PRIVATE WAVEMAKE_PLACE
  wm_traced=''
  if [ -z "$wm_dry" ]; then
    refuse_inside
    begin_trace
  fi
  if [ "$wm_make" = ninja ]; then
    if [ -n "$wm_forced" ] && [ -z "$wm_dry" ]; then forget_forced; fi
    export WAVEMAKE_VOICE=9
  fi
  if [ -z "$wm_dry" ]; then
    look_for_runners
    case "$wm_make ${MAKEFLAGS:-} " in
      'ninja '*) ;;
      *-j*) ;;
      *) [ "$wm_flags" != "${wm_flags#*j}" ] || say "one agent at a time; for four at once: ${wm_make##*/} -j4" ;;
    esac
  fi
  if [ -z "$wm_dry" ]; then
    keep_events "$WAVEMAKE_RUN"
    count_jobs
    wm_named=''
    case $wm_plan in '' | *[\"\\]*) ;; *) wm_named=",\"plan\":\"$wm_plan\"" ;; esac
    record run "\"jobs\":$wm_jobs,\"goals\":\"${wm_goals:-all}\"$wm_named$wm_traced"
  fi
  run_make
  case $wm_status,$wm_dry,$wm_flags in
    0,,* | 0,1,*q*)
      if is_emptied; then
        wm_status=1
        [ -z "$wm_quiet" ] || printf 'wavemake: %s/output.md is empty, or not a regular file\n' "$wm_dir/$wm_name" >&2
      fi ;;
  esac
  [ -z "$wm_dry" ] || exit "$wm_status"
  if [ "$wm_status" = 0 ] && ! is_unreported "$WAVEMAKE_RUN"; then
    say "nothing to do: all is up to date"
    exit 0
  fi
  now
  [ ! -d "$wm_dir" ] || record run-end "\"status\":$wm_status"
  end_private_run
}
