# Runs the plan's on_end: a notification that a run has ended.  It changes neither the run nor its exit status.

. "$wm_here/mask.sh"

# notify STATUS: runs it, for a minute at most; its output goes to runs/on-end.log.  Variables describe the run to it.
notify() {
  read_on_end
  if [ -z "$wm_on_end" ]; then return; fi
  case $1 in 0) wm_result='done' ;; 129 | 130 | 131 | 143) wm_result=stopped ;; *) wm_result=failed ;; esac
  wm_log=$wm_dir/runs/on-end.log wm_cut=''
  is_folder "$wm_dir/runs" || mkdir -p "$wm_dir/runs"
  is_there "$wm_log" || :
  case $wm_dir in /*) wm_name=$wm_dir ;; *) wm_name=$PWD/$wm_dir ;; esac
  set -- "$1" sh -c "$wm_on_end"
  if command -v setsid >/dev/null 2>&1; then
    wm_code=$1 && shift && set -- "$wm_code" setsid "$@"
  elif command -v perl >/dev/null 2>&1; then
    wm_code=$1 && shift && set -- "$wm_code" perl -e 'use POSIX; POSIX::setsid(); exec @ARGV' "$@"
  fi
  trap 'wm_cut=1' HUP INT QUIT TERM
  # Braces, because yash starts one more process for parentheses.
  {
    unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES MAKE_TERMOUT MAKE_TERMERR GNUMAKEFLAGS FORCE
    unset WAVEMAKE_FORCE WAVEMAKE_MISSING WAVEMAKE_QUIET WAVEMAKE_NINJA WAVEMAKE_PRIVATE WAVEMAKE_CLOCK WAVEMAKE_PLACE
    unset WAVEMAKE_STALE WAVEMAKE_INSIDE WAVEMAKE_VOICE WAVEMAKE_RESTAT
    export WAVEMAKE_SUMMARY="$wm_name/summary.md" WAVEMAKE_RESULT="$wm_result" WAVEMAKE_STATUS="$1" WAVEMAKE_RUN="$wm_run"
    shift
    exec "$@"
  } </dev/null >"$wm_log" 2>&1 9>&- &
  wm_job=$!
  # Its sleep is ended with it.
  {
    trap 'kill -KILL "$wm_sleeper" 2>/dev/null; exit' TERM
    { exec sleep "${WAVEMAKE_ON_END_LIMIT:-60}"; } &
    wm_sleeper=$!
    wait "$wm_sleeper"
    kill -TERM "-$wm_job" || kill -TERM "$wm_job"
    sleep 2
    kill -KILL "-$wm_job" || kill -KILL "$wm_job"
  } </dev/null >/dev/null 2>&1 9>&- &
  wm_timer=$!
  wait "$wm_job"
  wm_code=$?
  if [ -n "$wm_cut" ]; then kill -TERM "-$wm_job" 2>/dev/null; fi
  kill -TERM "$wm_timer" 2>/dev/null
  wait "$wm_timer" 2>/dev/null
  kill -KILL "-$wm_job" 2>/dev/null
  trap - HUP INT QUIT TERM
  # No folder of the run says any more that no variable is secret.
  wm_needed='' wm_private=/dev/null wm_try=$wm_dir/runs
  mask "$wm_log" || rm -f "$wm_log"
  [ "$wm_code" = 0 ] || printf 'wavemake: on_end failed (exit status %s), which changes nothing else: %s\n' "$wm_code" "$wm_log" >&2
}

# read_on_end: sets $wm_on_end to the command, or to nothing.
read_on_end() {
  wm_on_end=''
  while IFS= read -r wm_line; do
    case $wm_line in
      'on-end '*) wm_on_end=${wm_line#* } && return ;;
      'leaves '*) return ;;
    esac
  done <"$wm_here/plan"
}

# fail REASON: of mask.
fail() {
  rm -f "$wm_log"
  printf 'wavemake: %s: it is removed\n' "$1" >&2
}
