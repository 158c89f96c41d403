# One attempt: runs the agent's command, and judges the result.

# open_private: makes the private folder (private.sh) before the run's first agent is started.
open_private() { [ "$wm_here" = "$wm_private" ] || make_private; }

run_agent() {
  trust_task
  open_private
  look_for_what_it_needs
  find_schema
  [ -z "$wm_own_part" ] || go_ahead
  set -f
  IFS=$wm_nl
  set --
  for wm_word in $wm_launch; do
    wm_word=${wm_word#+}
    case $wm_word in "$wm_dir/runtime/"*) wm_word=$wm_here/${wm_word#"$wm_dir/runtime/"} ;; esac
    set -- "$@" "$wm_word"
  done
  # shellcheck disable=SC2016 # sh's own
  [ -z "$wm_folder$wm_workspace" ] ||
    set -- "$@" sh -c 'cd "$0" && exec "$@"' "$PWD/${wm_workspace:+$wm_tree/$wm_prefix}$wm_folder"
  for wm_word in $wm_argv; do
    case ${wm_schema:+set},$wm_word in
      set,'+{schema}') wm_word=+$PWD/${wm_schema#./} ;;
      set,'+{schema-text}') wm_word=+$(cat "$wm_schema") ;;
    esac
    case $wm_prompt,$wm_word in
      file,*'{prompt}'*) wm_word=${wm_word%%'{prompt}'*}$PWD/$wm_try/prompt.md${wm_word#*'{prompt}'} ;;
    esac
    set -- "$@" "${wm_word#+}"
  done
  IFS=$wm_blanks
  set +f
  wm_tries=$((wm_tries + 1)) wm_nth=''
  [ "$wm_tries" = 1 ] || wm_nth=", try $wm_tries"
  say "wave $wm_wave: $wm_agent started ($wm_runner${wm_model:+ $wm_model})$wm_nth"
  now
  [ -n "$wm_started" ] || { wm_started=$wm_epoch wm_began=$wm_ticks; }
  wm_since=$wm_ticks wm_reserved=''
  trace_attempt
  event start ",\"attempt\":$wm_tries$wm_traced"
  is_there "$wm_me/log.txt" || :
  printf '' >"$wm_me/log.txt"
  [ -z "$wm_workspace" ] || set_up
  wm_given=${wm_own_part:-$wm_try/prompt.md}
  [ "$wm_prompt" = stdin ] || wm_given=/dev/null
  lead "$wm_try/rc" "$wm_given" "$wm_try/$wm_sink" "$wm_me/log.txt" "$@"
  [ -z "$wm_leading" ] || stop_leading
}

# find_schema: sets $wm_schema to the file that holds the schema which the answer must fit, if there is one.
find_schema() {
  wm_schema=''
  case $wm_nl$wm_checks in
    *"${wm_nl}check schema "*)
      wm_value=${wm_checks#*check schema }
      wm_reason=''
      set_schema "${wm_value%%"$wm_nl"*}"
      [ -z "$wm_reason" ] || fail "$wm_reason" ;;
  esac
}

look_for_what_it_needs() {
  wm_program=${wm_launch:-$wm_argv}
  wm_program=${wm_program%%"$wm_nl"*}
  command -v "${wm_program#+}" >/dev/null 2>&1 || fail "${wm_program#+} is not installed (runner $wm_runner)"
  [ -z "$wm_missing" ] || fail "not started, because $wm_missing is not installed"
  if [ -n "$wm_needed" ]; then
    # shellcheck disable=SC2086
    wm_lacking=$(LC_ALL=C awk '
      BEGIN { for (i = 1; i < ARGC; i++) if (!(ARGV[i] in ENVIRON)) { print ARGV[i]; exit } }' $wm_needed)
    [ -z "$wm_lacking" ] || fail "the environment variable $wm_lacking, which it needs, is not set"
  fi
  [ -z "$wm_folder" ] || [ -d "./${wm_workspace:+$wm_tree/$wm_prefix}$wm_folder" ] || fail "its folder $wm_folder does not exist"
  if [ -n "$wm_own" ]; then
    mkdir -p "$wm_me/.config" || fail "cannot write in $wm_me: is the disk full?"
    export "$wm_own=$PWD/$wm_me/.config"
  fi
}

# trust_task: task.md says what is run.  It must be as it was compiled, not as an agent has changed it since.
trust_task() {
  case $wm_task_file in
    "task-file $wm_compiled"*) ;;
    *) fail "its task.md is not the one that was compiled: edit the plan instead, and compile it again" ;;
  esac
  wm_flags=$-
  set -f
  IFS=$wm_nl
  for wm_word in $wm_sets; do
    export "${wm_word?}"
    # A shorter value is not looked for (mask.awk).
    case ${wm_word#*=} in
      ????????*) wm_needed="$wm_needed ${wm_word%%=*}" ;;
      *) wm_short="$wm_short ${wm_word%%=*}" ;;
    esac
  done
  IFS=$wm_blanks
  wm_sets=''
  # A launcher has to pass these on.
  export WAVEMAKE_PASS="$wm_needed$wm_short TRACEPARENT TRACESTATE"
  case $wm_flags in *f*) ;; *) set +f ;; esac
}

# lead RECORD STDIN STDOUT STDERR COMMAND...: runs it in a session of its own, within the time limit; its exit status goes
# into the private file $wm_rc, and into RECORD for the next make.  The leader learns from its standard input when to
# end it: the timer's end closes that, and so does kill -9 of this process group, to which the timer belongs and the
# agent does not.  It gets its files open: after such a kill, another attempt may use their names before it has ended.
lead() {
  trust_task
  open_private
  wm_leads=$((wm_leads + 1))
  now
  wm_led=$wm_ticks wm_rc=$wm_private/$wm_agent.$$.$wm_leads wm_cookie=$wm_run/$wm_agent/$$/$wm_leads.
  wm_end_file=$1 wm_given=$2 wm_printed=$3 wm_log=$4
  shift 4
  set -- sh "$wm_here/lead.sh" "$wm_rc" "$wm_end_file" "$wm_cookie" "${LC_ALL:-}" "$@"
  if command -v setsid >/dev/null 2>&1; then
    set -- setsid "$@"
  else
    command -v perl >/dev/null 2>&1 || fail "neither setsid nor perl is installed"
    set -- perl -e 'use POSIX; POSIX::setsid(); exec @ARGV' "$@"
  fi
  reserve "$wm_rc" "$wm_rc.pids" "$wm_end_file" "$wm_try/timer"
  wm_job=starting
  {
    # This must not be a job of this shell, or the shell would wait for it; if either of the two dies, that is noticed
    # at once.
    { time_limit & } | LC_ALL=C "$@" &
    wm_job=$!
    wait "$wm_job" 2>/dev/null
    wm_job_status=$?
    kill -KILL "-$wm_job" 2>/dev/null
    wm_job=''
  } 3<&- 4<"$wm_given" 5>"$wm_printed" 6>>"$wm_log"
  [ -z "$wm_job" ] || fail "cannot write in $wm_me: is the disk full?"
  end_leftovers
}

# reserve FILE...: reserves disk space for the record of the attempt's end before anything is charged.
reserve() {
  for wm_name; do
    { printf '%-9s\n' '' >"$wm_name"; } 2>/dev/null || fail "cannot write in ${wm_name%/*}: is the disk full?"
  done
}

# end_leftovers: ends what is left of an attempt in other sessions, and its timer, if the leader did not do that.  What
# an attempt of less than half a second leaves behind is found at the end of the run, because the search takes a
# process.
end_leftovers() {
  if ! has_ended "$wm_rc"; then
    ! read_timer || kill "$wm_timer" 2>/dev/null
  elif [ -z "$wm_own_private" ]; then
    now
    [ $((wm_ticks - wm_led)) -ge 50 ] || return 0
  fi
  sweep "$wm_cookie"
}

# time_limit: writes its pid, then holds the pipe open as long as the agent may take, and renews the locks.
time_limit() {
  wm_timer='' wm_sleeper=''
  last_job
  wm_earlier=$wm_last
  # A signal may come before the sleep is one: until then it has this shell's traps, and only KILL ends it.  It may
  # come before doze has noted the sleep, too: $! is set by then.
  trap 'last_job; [ "$wm_last" = "$wm_earlier" ] || kill -KILL "$wm_last"; exit' HUP INT QUIT TERM
  # A subshell cannot ask the shell for its own pid, but /proc lists its only thread.
  for wm_timer in "$wm_proc"/self/task/*; do wm_timer=${wm_timer##*/}; done
  # shellcheck disable=SC2016
  [ "$wm_timer" != '*' ] || wm_timer=$(exec sh -c 'echo "$PPID"')
  { echo "$wm_timer" 1<>"$wm_rc.pids" && echo "$wm_timer" 1<>"$wm_try/timer"; } 2>/dev/null || exit
  echo "$wm_timer"
  wm_left=$wm_timeout wm_step=$wm_renew wm_slept=0
  case $wm_printed in */printed) wm_step=2 ;; esac
  while [ "$wm_left" -gt 0 ]; do
    [ "$wm_step" -le "$wm_left" ] || wm_step=$wm_left
    doze "$wm_step"
    wm_left=$((wm_left - wm_step)) wm_slept=$((wm_slept + wm_step))
    if [ "$wm_slept" -ge "$wm_renew" ]; then
      renew_all >/dev/null
      wm_slept=0
    fi
    kill -0 $$ 2>/dev/null || exit
    if has_answered; then break; fi
  done
  if [ "$wm_left" -gt 0 ]; then echo answered; else echo expired; fi
  # The watcher ends the agent within five seconds, if nothing has ended the watcher.
  doze 8
  if read -r _ wm_leader <"$wm_rc.pids" && [ -n "$wm_leader" ]; then kill -KILL "-$wm_leader"; fi
} 4<&- 5>&- 6>&- 9>&- 2>/dev/null

# has_answered: was the last event there at the previous look already?  Some CLIs print it and do not exit.  The whole
# stream is read only if it has not grown since the last look.
has_answered() {
  case $wm_printed in */printed) ;; *) return 1 ;; esac
  [ -s "$wm_printed" ] || return 1
  # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
  if [ ! -e "$wm_rc.looked" ] || [ "$wm_rc.looked" -ot "$wm_printed" ]; then
    echo 1 >"$wm_rc.looked"
    touch -r "$wm_printed" "$wm_rc.looked"
    wm_quiet_looks=0
    return 1
  fi
  wm_quiet_looks=$((wm_quiet_looks + 1))
  [ "$wm_quiet_looks" = 2 ] || return 1
  case $(
    # shellcheck disable=SC3045 # all the shells have it, or do without
    ulimit -v 1000000
    LC_ALL=C awk -v peek=1 -v answer= -v result= -v log_file= -v ending= \
      -f "$wm_here/envelope-$wm_envelope.awk" "$wm_printed"
  ) in whole) ;; *) return 1 ;; esac
}

# doze SECONDS: ends at a signal.
doze() {
  # exec: yash would start it from one more process, and a signal would end only that.
  { LC_ALL=C exec sleep "$1"; } >/dev/null 2>&1 &
  wm_sleeper=$!
  wait "$wm_sleeper"
}

# read_timer: sets $wm_timer to the pid that the timer of lead has written.
read_timer() {
  wm_timer=''
  read -r wm_timer _ <"$wm_rc.pids" && [ -n "$wm_timer" ]
} 2>/dev/null

# judge: says in $wm_reason why the attempt gave no answer, or leaves it empty.  An envelope says whether the answer is
# complete, however the command ended.
judge() {
  wm_reason='' wm_transient='' wm_limit='' wm_account='' wm_checked_now='' wm_suspect='' wm_beginning=''
  own_attempt
  mask_or_fail "$wm_try/$wm_sink" "$wm_me/log.txt"
  has_ended "$wm_rc" || why_no_status
  wm_ending=$wm_reason wm_reason=''
  case $wm_ending,$wm_status in ,0) ;; ,*) wm_ending="exit status $wm_status" ;; esac
  if [ -n "$wm_odd" ]; then
    wm_reason="it left a $wm_odd that is not a regular file in $wm_try"
  elif [ ! -f "$wm_try/$wm_sink" ] && [ ! -f "$wm_try/output.md" ]; then
    wm_reason=${wm_ending:-"its answer is gone: something removed it from $wm_try"}
  elif [ "$wm_envelope" = text ]; then
    case $wm_ending in
      'exit status'*) wm_reason="$wm_ending$(last_words)" ;;
      *) wm_reason=$wm_ending ;;
    esac
  elif [ -f "$wm_try/printed" ]; then
    unwrap # else a kill came when it was unwrapped
  fi
  if [ -z "$wm_reason" ] && blank "$wm_try/output.md"; then wm_reason="empty answer"; fi
  add_costs
  wm_question=''
  if [ -z "$wm_reason" ] && [ -z "${wm_passed:-}" ]; then find_question; fi
  if [ -n "$wm_question" ]; then return; fi
  if [ -z "$wm_reason" ] && [ -n "$wm_workspace" ]; then take_edits; fi
  if [ -z "$wm_reason" ]; then
    read_files
    [ -n "$wm_reason" ] || [ -z "$wm_checks" ] || [ -n "${wm_passed:-}" ] || check "$wm_try/output.md"
  elif [ "$wm_status" != lost ]; then
    ask_whether_transient
  fi
}

# unwrap: takes the answer out of its envelope; if the envelope is elsewhere, the output is the answer.
unwrap() {
  (
    # A line of hundreds of megabytes is not an event.  macOS does not have this limit.
    # shellcheck disable=SC3045 # all the shells have it, or do without
    ulimit -v 1000000
    LC_ALL=C awk -v answer="$wm_try/output.md" -v result="$wm_try/result.json" -v log_file="$wm_me/log.txt" \
      -v ending="$wm_ending" -v structured="${wm_schema:-}" -f "$wm_here/envelope-$wm_envelope.awk" "$wm_try/printed"
  ) >"$wm_try/verdict" 2>"$wm_try/complaint" || wm_reason="cannot read what the agent printed: $(first_line "$wm_try/complaint")"
  IFS= read -r wm_line <"$wm_try/verdict" || wm_line=''
  case $wm_line in
    ok) [ -e "$wm_try/output.md" ] || mv "$wm_try/printed" "$wm_try/output.md" ;;
    'error '*) wm_reason=${wm_line#error } ;;
    *) wm_reason=${wm_reason:-"cannot read what the agent printed"} ;;
  esac
}

first_line() {
  IFS= read -r wm_line <"$1" || :
  printf '%s' "${wm_line:-is the disk full?}"
}

# blank FILE: is it missing, or without anything visible?  For an envelope that is known already, and most answers have
# a letter or a digit in their first line.  Sets $wm_known to its checksum, which the same process computes.
blank() {
  wm_known=''
  if [ ! -s "$1" ]; then return 0; fi
  [ "$wm_envelope" = text ] || [ ! -e "$wm_try/printed" ] || return 1
  wm_known=$(look_at "$1") || wm_known=''
  case $wm_known in
    'question '*) wm_beginning=question ;;
    'seen '*) ;;
    *) wm_known='' wm_beginning=question ;;
  esac
  wm_known=${wm_known#* } wm_known=${wm_known%% *}
  if [ -n "$wm_known" ]; then return 1; fi
  ! LC_ALL=C tr -d '\000' <"$1" | LC_ALL=C fold -b -w 4096 | LC_ALL=C awk -v program=unseen -f "$wm_here/lib.awk"
} 2>/dev/null

# look_at FILE: prints `seen`, or `question` if it may be one, and its checksum, if its first lines have something to see.
# Shells that read one byte at a time get two seconds for that.
look_at() {
  # shellcheck disable=SC3045 # all the shells have it
  ulimit -c 0
  # shellcheck disable=SC3045 # all the shells have it
  ulimit -t 2
  wm_beginning=''
  while [ "${#wm_beginning}" -lt 256 ]; do
    IFS= read -r wm_line || break
    wm_beginning="$wm_beginning$wm_line "
  done <"$1"
  wm_beginning=$wm_beginning$wm_line
  # After a bracket it may be part of a code that colours a terminal.
  case ${wm_beginning%%"["*} in
    *[abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789]*) ;;
    *) return 1 ;;
  esac
  case $wm_beginning in
    *[Qq][Uu][Ee][Ss][Tt][Ii][Oo][Nn]*) printf 'question ' ;;
    *) printf 'seen ' ;;
  esac
  IFS=$wm_nl
  LC_ALL=C exec $wm_digest "$1"
}

# read_files: the files that an agent lists in a files.json of its own must exist.
read_files() {
  # shellcheck disable=SC3013
  if ! is_there "$wm_me/files.json" || [ "$wm_me/files.json" -ot "$wm_me/.stamp" ]; then return; fi
  LC_ALL=C awk -v program=files -f "$wm_here/lib.awk" "$wm_me/files.json" >"$wm_try/files" ||
    { wm_reason="its files.json is not a JSON list of paths" && return; }
  while IFS= read -r wm_name; do
    case /$wm_name/ in
      //* | */../*) wm_reason="its files.json names $wm_name, which is out of the project" ;;
      *) [ -e "./${wm_workspace:+$wm_tree/$wm_prefix}$wm_name" ] || wm_reason="its files.json names $wm_name, which does not exist" ;;
    esac
  done <"$wm_try/files"
}
