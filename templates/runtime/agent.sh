#!/bin/sh
# Runs one agent: the recipe of its output.md.
#
#   sh agent.sh ROOT DIR TOTAL WAVE[/SUM] AGENT [settle|outcome] [cells]
#
#   ROOT    the project's folder, relative to where make runs
#   DIR     the folder of all agents, relative to ROOT
#   TOTAL   how many agents the plan has
#   settle  the recipe of .ended: the same, but a failure exits with 0 and leaves no .ended behind
#   undo    takes its edits out of the project; redo puts them back; look says which agents' edits are gone
#   cells   the agent runs once for each item of a list that a run makes (cells.sh)
#   outcome  the recipe of output.md after that: fails if the agent that settled has no answer
#   SUM     how the checksum of task.md begins
#
# If WAVEMAKE_RESTAT is set, an output keeps its time if its content stays and ninja knows it by its link .answer:
# restat then sees that no reader has to run.
#
# The head of DIR/AGENT/task.md has everything about the agent.  Exit
# status: 0 when output.md is good, 1 when the agent failed, 128+N on signal N.
#
# DIR/AGENT/
#   output.md  the answer           key   its cache key, and its checksum
#   .lock      who works here (held.sh)
#   .stamp     its time is the time at which the inputs were read
#   failed-prompt.md  the last prompt, if that failed; prompt.md is the prompt of the answer
#   .try/      the attempt under way, thrown away once it is accepted or failed
#
# A shell reads this file as it goes.  Most agents of most runs are kept, and end before the part that runs one.
set -u
unset CDPATH
cd "$1" || exit 1
wm_dir=$2 wm_total=$3 wm_wave=${4%%/*} wm_agent=$5 wm_mode='' wm_compiled='' wm_is_stage=''
case $4 in */*) wm_compiled=${4#*/} ;; esac
for wm_word in "${6:-}" "${7:-}"; do
  case $wm_word in
    cells) wm_is_stage=1 ;;
    ?*) wm_mode=$wm_word ;;
  esac
done

wm_me=$wm_dir/$wm_agent
wm_try=$wm_me/.try
wm_here=$wm_dir/runtime
wm_run=${WAVEMAKE_RUN:-} wm_private=${WAVEMAKE_PRIVATE:-}
# shellcheck disable=SC3067 # all the shells have it
if [ -O "$wm_private" ] && [ -f "$wm_private/ready" ]; then wm_here=$wm_private; fi
wm_missing=${WAVEMAKE_MISSING:-} wm_stage_lock=${WAVEMAKE_STAGE_LOCK:-}
wm_nl='
'
wm_blanks=$IFS
wm_voice=${WAVEMAKE_VOICE:-1} wm_ninja=${WAVEMAKE_RESTAT:-} wm_restat=''
if [ -n "$wm_ninja" ] && [ -h "$wm_me/.answer" ]; then wm_restat=1; fi
wm_job='' wm_job_status='' wm_leads=0 wm_cookie='' wm_rc='' wm_sleeper='' wm_started='' wm_locked='' wm_kept='' wm_seat=''
wm_sat='' wm_owned='' wm_passed='' wm_short='' wm_bill='' wm_reserved='' wm_judged=0 wm_billed=0 wm_leading='' wm_alone='' wm_loaded=''
wm_work=$wm_me/.work wm_tree='' wm_prefix='' wm_top='' wm_editing='' wm_edits='' wm_resumed='' wm_begun='' wm_pristine=''
wm_new='' wm_resolutions=0 wm_resolving='' wm_verb=''
wm_ac='' wm_present='' wm_known='' wm_noted='' wm_hit='' wm_regained='' wm_saved='' wm_paying='' wm_leased='' wm_edited=''
wm_rejection='' wm_answers='' wm_schema='' wm_question='' wm_suspect='' wm_tries=0 wm_turned_away=0 wm_refusals=0 wm_feedback='' wm_waited=''
wm_runner='' wm_model='' wm_timeout=1800 wm_cap=1048576

wm_quiet=${WAVEMAKE_QUIET-unset}
if [ "$wm_quiet" = unset ]; then
  wm_flags=${MAKEFLAGS:-}
  case ${wm_flags%% *} in -* | *=*) wm_quiet='' ;; *s*) wm_quiet=1 ;; *) wm_quiet='' ;; esac
fi
# make remakes its makefiles in a dry run as well, and runs their prerequisites: no agent may be charged then.
if [ -n "${WAVEMAKE_DRY:-}" ]; then
  printf 'wavemake: %s: a makefile needs it, but a dry run starts no agent\n' "$wm_agent" >&2
  exit 1
fi
# shellcheck source=/dev/null
if [ -n "$wm_is_stage" ]; then . "$wm_here/cells.sh" && keep_make; fi
wm_forced=''
for wm_word in ${WAVEMAKE_FORCE:-}; do
  case $wm_word in all | "$wm_agent" | "wave-$wm_wave") wm_forced=1 ;; esac
done
# The agent may run make itself: it must not inherit this make's flags, jobserver or goals.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES MAKE_TERMOUT MAKE_TERMERR GNUMAKEFLAGS
unset FORCE WAVEMAKE_FORCE WAVEMAKE_MISSING WAVEMAKE_RUN WAVEMAKE_QUIET WAVEMAKE_VOICE WAVEMAKE_RESTAT
unset WAVEMAKE_NINJA WAVEMAKE_PRIVATE WAVEMAKE_STAGE_LOCK CLAUDECODE

# Words for $wm_digest, split at line ends: a function would cost one more process.  Tools that run once for each agent
# get the C locale, so that they read no locale files.
wm_digest=sha256sum
command -v sha256sum >/dev/null 2>&1 || wm_digest=shasum${wm_nl}-a${wm_nl}256

. "$wm_here/inside.sh"
. "$wm_here/own.sh"
. "$wm_here/clock.sh"
. "$wm_here/progress.sh"
. "$wm_here/settled.sh"
. "$wm_here/inputs.sh"
. "$wm_here/at-rest.sh"
refuse_inside
export WAVEMAKE_INSIDE="${WAVEMAKE_INSIDE:+$WAVEMAKE_INSIDE$wm_nl}$PWD/$wm_dir"
[ -n "$wm_run" ] || name_run
if [ -n "$wm_forced" ] && was_forced; then wm_forced=''; fi
# Without the driver, this recipe has a private folder of its own, and removes it.
wm_own_private=''
if [ -z "$wm_private" ]; then
  case ${TMPDIR:-} in /*) wm_private=$TMPDIR ;; *) wm_private=/tmp ;; esac
  wm_private=$wm_private/wavemake-$wm_run-$$ wm_own_private=$wm_private
fi
# is_about_edits: are the agent's edits to be examined or moved, and the agent itself not to run?
is_about_edits() { case $wm_mode in undo | redo | look) ;; *) return 1 ;; esac; }

# It shows another make that this one is at work.
if ! is_about_edits && ! is_there "$wm_dir/runs/.ended.$wm_run"; then
  { is_folder "$wm_dir/runs" || mkdir -p "$wm_dir/runs"; } &&
    { printf '' >>"$wm_dir/runs/.ended.$wm_run"; } 2>/dev/null
fi

# --- an answer at rest ------------------------------------------------------

leave() {
  if [ -n "$wm_seat" ] && ! mine "$wm_seat"; then wm_seat=''; fi
  if [ -n "$wm_leading" ]; then stop_leading; fi
  if [ -n "$wm_paying" ]; then end_lease; fi
  [ -z "$wm_editing" ] || unlock_edits
  [ -z "$wm_reserved" ] || printf 'void %s %s %s\n' "$wm_agent" "$wm_run" "$wm_epoch" >>"$wm_ledger"
  set -- "$1" ${wm_locked:+"$wm_me/.lock"} ${wm_seat:+"$wm_seat"} ${wm_paying:+"$wm_paying"}
  if [ "$wm_here" = "$wm_own_private" ]; then set -- "$@" "$wm_own_private"; fi
  if [ -n "$wm_locked" ] && [ -z "$wm_kept" ]; then set -- "$@" "$wm_try"/*; fi
  if [ "$1" = 0 ] && [ -n "$wm_locked" ] && [ -e "$wm_me/failed-prompt.md" ]; then
    set -- "$@" "$wm_me/failed-prompt.md"
  fi
  # They describe how another answer was made.
  [ -z "$wm_hit" ] || set -- "$@" "$wm_me/prompt.md" "$wm_me/result.json"
  if [ "$#" -gt 1 ]; then
    wm_code=$1
    shift
    LC_ALL=C rm -rf "$@"
    set -- "$wm_code"
  fi
  case $wm_mode,$1 in
    settle,0)
      # Because it is a link, ninja sees it as missing or edited when the answer is.
      if [ -z "$wm_ninja" ]; then touch -r "$wm_me/output.md" "$wm_me/.ended"
      elif [ ! -h "$wm_me/.ended" ]; then ln -sf output.md "$wm_me/.ended"; fi ;;
    settle,1) rm -f "$wm_me/.ended" && exit 0 ;;
  esac
  exit "$1"
}

# outcome: succeeds if an agent that has settled has an answer, or else fails.
outcome() {
  [ -s "$wm_me/output.md" ] && good "$wm_me" || exit 1
  [ ! -e "$wm_me/.ended" ] || touch -r "$wm_me/.ended" "$wm_me/output.md"
  exit 0
}

[ "$wm_mode" != outcome ] || outcome
case $wm_is_stage$wm_mode in '' | settle) keep_at_rest ;; esac

# --- from here on, this is read only if there is more to do for the agent ---------

. "$wm_here/seldom.sh"
. "$wm_here/reads.sh"
. "$wm_here/status.sh"
. "$wm_here/places.sh"
. "$wm_here/held.sh"
. "$wm_here/take.sh"
. "$wm_here/lock.sh"
. "$wm_here/sweep.sh"
. "$wm_here/prompt.sh"

# --- ending ---------------------------------------------------------------

# last_job: sets $wm_last to the last background job, or to nothing.  Before there is one, $! is unset in bash 3.2,
# whatever default it is given, and 0 in yash and zsh.
last_job() {
  set +u
  wm_last=$!
  set -u
  [ "$wm_last" != 0 ] || wm_last=''
}

# From here on nothing can be interrupted; the caller may have changed how words are split.
enter_ending() {
  trap '' HUP INT QUIT TERM
  IFS=$wm_blanks
  set +fC
  if [ -z "$wm_job" ]; then still_ours; fi
}

# --- does the present answer fit the present inputs? --------------------

# look: reads the agent's task and inputs.  Sets $wm_key to the key that its answer would have.
look() {
  echo stamp >"$wm_me/.stamp" || fail "cannot write in $wm_me: is the disk full?"
  # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
  [ ! -e "$wm_me/output.md" ] || [ "$wm_dir/events.jsonl" -ot "$wm_me/.stamp" ] || await_tick
  read_head
  await_reads
  make_key
}

# await_tick: waits until the stamp is later than the last event.  If times are whole seconds, a reader that ran in this
# second would not look older than an answer made from now on.
await_tick() {
  wm_ticks=0
  # shellcheck disable=SC3013
  while [ -e "$wm_dir/events.jsonl" ] && [ ! "$wm_dir/events.jsonl" -ot "$wm_me/.stamp" ] &&
    [ "$((wm_ticks += 1))" -le 30 ]; do
    sleep 0.05 2>/dev/null || sleep 1
    echo stamp >"$wm_me/.stamp"
  done
}

# keep: ends here if the answer has this key, and does not have to be checked or approved.
# Sets $wm_inputs, $wm_paid and $wm_checked.
keep() {
  if ! { [ -s "$wm_me/output.md" ] && [ -f "$wm_me/key" ] && has_outputs; }; then return; fi
  if [ -e "$wm_me/.conflict" ]; then return; fi
  inputs_of "$wm_me/key"
  if [ "$wm_inputs" != "$wm_key" ] || [ "$wm_checks" != "$wm_checked" ] || [ -n "$wm_record" ]; then return; fi
  if [ "$wm_approve" = after ] || [ -n "$wm_workspace$wm_when$wm_follow$wm_until" ]; then return; fi
  end_reused
}

end_reused() {
  enter_ending
  [ -z "$wm_workspace" ] || leave_workspace
  [ -n "$wm_restat" ] || LC_ALL=C touch -r "$wm_me/.stamp" "$wm_me/output.md" ||
    fail "cannot set the time of its output"
  read_state "$wm_me"
  case $wm_line in
    *'"state":"done"'*) measure reused '' && announce reused '' ;;
    *'"state":"waiting"'*) restate reused '' ;;
    *) settle_status reused '' ;;
  esac
  leave 0
}

trap_signals() {
  trap 'stop 129' HUP
  trap 'stop 130' INT
  trap 'stop 131' QUIT
  trap 'stop 143' TERM
}
trap_signals

sign
[ "$wm_mode" = look ] || { lock && own_places; }
wm_looks=0 wm_ready=''
if [ -z "$wm_forced$wm_is_stage" ] && ! is_about_edits && [ ! -f "$wm_try/output.md" ] && [ ! -e "$wm_me/pinned" ] &&
  [ ! -e "$wm_dir/.workspace/journal" ]; then
  look
  keep
  wm_ready=1
fi

# --- from here on, this is read only for an agent that is not simply kept --------

. "$wm_here/ask.sh"
. "$wm_here/hold.sh"
. "$wm_here/mask.sh"
. "$wm_here/accept.sh"
. "$wm_here/attempt.sh"
. "$wm_here/trace.sh"
. "$wm_here/store.sh"

# --- the steps of a run ---------------------------------------------------

# load_more: reads the sources that only some agents need.  A plan without such agents has no such file.
load_more() {
  [ -z "$wm_when$wm_follow$wm_until" ] || load skip.sh
  if [ -n "$wm_workspace" ] || [ -e "$wm_dir/.workspace/journal" ]; then load edits.sh; fi
}

# load FILE: once.
load() {
  case $wm_loaded in *" $1 "*) return ;; esac
  [ -f "$wm_here/$1" ] || fail "there is no $wm_here/$1: compile the plan again"
  wm_loaded="$wm_loaded $1 "
  # shellcheck disable=SC1090 # of this folder
  . "$wm_here/$1"
}

# by_hand: is there an output written by hand, newer than all its inputs?  make compares these times before it starts
# anything, but for an agent that settles it compares only .ended; ninja knows only its own runs.
by_hand() {
  if ! { [ -s "$wm_me/output.md" ] && good "$wm_me"; }; then return 1; fi
  if [ -f "$wm_me/key" ]; then
    read_state "$wm_me"
    case $wm_line in '' | *'"state":"done"'* | *'"state":"skipped"'*) return 1 ;; esac
  fi
  is_newest
}

# is_newest: is the output newer than all its inputs?
is_newest() {
  set -f
  IFS=$wm_nl
  wm_newer=''
  for wm_name in "$wm_me/task.md" $wm_paths; do
    # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
    if [ ! -e "$wm_name" ] || [ "$wm_me/output.md" -ot "$wm_name" ]; then wm_newer=1; fi
  done
  IFS=$wm_blanks
  set +f
  [ -z "$wm_newer" ]
}

# use_what_is_there: uses an answer accepted earlier, or that of an attempt that ended just before its recipe was killed.
use_what_is_there() {
  wm_present=''
  if [ -f "$wm_me/key" ]; then
    inputs_of "$wm_me/key"
    if [ "$wm_inputs" != "$wm_key" ] && [ -f "$wm_dir/.edits" ]; then take_known_edits; fi
    if [ -n "$wm_record" ] && [ "$wm_inputs" = "$wm_key" ] && [ -z "$wm_forced$wm_workspace" ] && [ -s "$wm_me/output.md" ]; then
      restore_made
    fi
  fi
  if [ -n "$wm_forced" ] || { [ -z "$wm_workspace" ] && ! has_outputs; }; then return; fi
  if [ -e "$wm_me/.conflict" ]; then refuse_conflict; fi
  if [ -s "$wm_me/output.md" ] && [ -f "$wm_me/key" ]; then
    inputs_of "$wm_me/key"
    if [ "$wm_inputs" = "$wm_key" ] && ! is_note; then
      [ "$wm_checks" = "$wm_checked" ] || check_again
      [ "$wm_approve" != after ] || await_approval
      if [ -n "$wm_workspace" ] && ! restore_edits; then return; fi
      [ -z "$wm_until" ] || has_come_to_its_end || not_run failed "$wm_why"
      end_reused
    fi
  fi
  if [ -n "$wm_ninja$wm_mode" ] && by_hand; then enter_ending && leave 0; fi
  if [ ! -f "$wm_try/inputs" ] || { ! has_ended "$wm_try/rc" && [ ! -s "$wm_try/printed" ]; }; then return; fi
  inputs_of "$wm_try/inputs"
  if [ -n "$wm_present" ] && [ "$wm_inputs" = "$wm_present" ]; then wm_key=$wm_present wm_present=''; fi
  if [ "$wm_inputs" != "$wm_key" ]; then return; fi
  if [ -n "$wm_workspace" ] && [ ! -f "$wm_work/base" ]; then return; fi
  wm_tries=1 wm_rc=$wm_try/rc
  judge
  [ -z "$wm_question" ] || ask
  [ -n "$wm_reason" ] || accept
}

# pay: makes one attempt; returns if there is to be another.
pay() {
  [ -z "$wm_outputs" ] || keep_edited
  [ -z "$wm_files" ] || look_before
  run_agent
  [ -d "$wm_me" ] || end_without_folder
  judge
  if [ -n "$wm_own_part" ] && [ -n "$wm_reason" ] && knows_no_prefix; then return; fi
  [ -z "$wm_question" ] || ask
  [ -n "$wm_reason" ] || has_outputs "${wm_workspace:+$wm_tree/$wm_prefix}" || wm_reason="it did not write $wm_lacking, as it was asked to"
  [ -n "$wm_reason$wm_approve" ] || [ -z "$wm_resolve" ] || resolve_conflict
  [ -n "$wm_reason" ] || accept
  if [ -n "$wm_limit" ] && wait_for_limit; then return; fi
  again || fail "$wm_reason"
}

if is_about_edits; then
  # No attempt is under way; one that was kept stays.
  wm_kept=1
  [ -f "$wm_here/edits.sh" ] || decline "it works in the project itself: its edits are not known apart from others"
  load edits.sh
  "${wm_mode}_edits"
fi
[ -z "$wm_is_stage" ] || run_stage
[ -n "$wm_ready" ] || read_head
load_more
if [ -e "$wm_dir/.workspace/journal" ]; then complete_merge; fi
if [ -f "$wm_try/output.md" ]; then read_head && finish_acceptance; fi
if [ -e "$wm_me/pinned" ] && [ -s "$wm_me/output.md" ]; then read_head && keep_pinned; fi
[ -z "$wm_forced" ] || forget
read_rejection
read_answers
while :; do
  [ -n "$wm_ready" ] || look
  wm_ready=''
  load_more
  read_limits
  [ -z "$wm_when$wm_follow" ] || consider
  use_what_is_there
  store_get
  [ -z "$wm_present" ] || take_present_inputs
  [ ! -e "$wm_me/.asked" ] || await_answer
  [ -n "${WAVEMAKE_CLOCK:-}" ] || [ ! -e "$wm_dir/.edited" ] || refuse_edited_plan
  hold || continue
  [ ! -e "$wm_dir/.limits" ] || await_limit || continue
  [ -z "$wm_workspace" ] || begin_workspace
  assemble
  if changed; then continue; fi
  pay
done
