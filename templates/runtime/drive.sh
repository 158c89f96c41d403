#!/bin/sh
# What make, ninja and people ask for that does not concern a single agent.
#
#   sh drive.sh run DIR MAKE GOALS FORCE   runs goals and sums up: the recipe of the driver Makefile's goals
#   sh drive.sh status|summary DIR [MAKE]              shows the state of every agent, or summary.md
#   sh drive.sh sum DIR [RUN QUIET LOOKED MAKE STATUS] writes summary.md: its recipe in a user's own Makefile
#   sh drive.sh states DIR MANIFEST <STALE             prints a line of JSON for each agent
#   sh drive.sh at-work DIR RUN...                     names the agents that are at work, and the runs in progress
#   sh drive.sh budget DIR <LIMITS                     prints what is spent of each
#   sh drive.sh compile DIR                            compiles an edited plan: for a plain ninja
#   sh drive.sh goal DIR [AGENT]                       sums up and fails if an answer is missing: for a plain ninja
#   sh drive.sh plan DIR                               reports a plan that has been edited
#   sh drive.sh audit DIR [dry|verdicts]                  compares answers by content, if times cannot be trusted
#   sh drive.sh forced DIR                             names the agents that the calling make has forced to run again
#   sh drive.sh approve-AGENT|reject-AGENT|answer-AGENT|pin-AGENT|unpin-AGENT|undo-AGENT|redo-AGENT DIR
#   sh drive.sh clean DIR                              removes what runs leave behind
#
#   DIR   the folder of all agents, relative to where make runs; for `plan`, relative to the project's folder
#   MAKE  what runs the rules: make, or ninja
#
# Exit status: of `run`, that of make; else 0, or 1 if it cannot be done.
set -u
unset CDPATH
wm_verb=$1 wm_dir=$2
shift 2
wm_here=${0%/*}
wm_nl='
'
wm_blanks=$IFS

. "$wm_here/own.sh"
. "$wm_here/inside.sh"
. "$wm_here/clock.sh"
. "$wm_here/held.sh"
. "$wm_here/dead.sh"
. "$wm_here/record.sh"
. "$wm_here/plan.sh"
. "$wm_here/odd.sh"
. "$wm_here/audit.sh"
. "$wm_here/sweep.sh"
. "$wm_here/trace-run.sh"
. "$wm_here/run.sh"
# A run with nothing to report ends here, before the shell has read the rest.
[ "$wm_verb" != run ] || run_goals "$@"

. "$wm_here/states.sh"
. "$wm_here/settled.sh"
. "$wm_here/vouch.sh"
. "$wm_here/summary.sh"
. "$wm_here/take.sh"
. "$wm_here/clean.sh"
. "$wm_here/how.sh"
. "$wm_here/approve.sh"
. "$wm_here/goal.sh"

# tell_the_end STATUS: runs the plan's on_end, if it has one.
tell_the_end() {
  if [ ! -f "$wm_here/end.sh" ]; then return; fi
  . "$wm_here/end.sh"
  notify "$1"
}

case $wm_verb in
  run)
    sum_up "$WAVEMAKE_RUN" ''
    tell_the_end "$wm_status"
    exit "$wm_status" ;;
  status | summary)
    wm_make=${1:-make} wm_looked='' wm_quiet=''
    sum_up '' "$wm_verb" ;;
  sum)
    wm_run=${1:-} wm_quiet=${2:-} wm_looked=${3:-} wm_make=${4:-make}
    # make comes here on its own only if it has found an answer of every agent.
    if [ -z "$wm_run" ]; then name_run && wm_looked=all; fi
    sum_up "$wm_run" ''
    [ -z "${5:-}" ] || tell_the_end "$5" ;;
  states) show_states "$1" ;;
  at-work)
    find_held
    for wm_run; do if at_work ".$wm_run"; then echo "run $wm_run"; fi; done ;;
  plan) tell_of_change ;;
  compile) compile_for_ninja ;;
  budget)
    . "$wm_here/budget.sh"
    show_budget ;;
  goal) end_goal "${WAVEMAKE_RUN:-}" "$@" ;;
  audit) audit_alone "$@" ;;
  forced)
    name_run
    cat "$wm_dir/runs/.forced.$wm_run" 2>/dev/null ;;
  clean) clean ;;
  *) decide "$wm_verb" ;;
esac
