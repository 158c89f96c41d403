#!/bin/sh
# Runs a command as a job of Slurm, or within a job as a step of it, and ends with the status of the command.
#
#   sh slurm.sh [OPTION OF srun...] -- COMMAND [ARG...]
#
# srun alone ends with 0 when the node is lost, and when a command ends well because it is cancelled.  So the job
# reports success with another number, and Slurm's message about a cancelled job makes it a failure.
set -u
wm_well=86

# shellcheck disable=SC2016 # for the shell on the node
wm_inside='"$@"
wm_status=$?
case $wm_status in 0) exit '$wm_well' ;; '$wm_well') exit 1 ;; *) exit "$wm_status" ;; esac'

wm_count=$# wm_options=1
while [ "$wm_count" -gt 0 ]; do
  case $wm_options,$1 in
    1,--) wm_options='' && set -- "$@" sh -c "$wm_inside" sh ;;
    *) set -- "$@" "$1" ;;
  esac
  shift
  wm_count=$((wm_count - 1))
done

# A TERM that ends the whole group is left to srun, which cancels the job; output in the meantime is passed on.
run() {
  trap : HUP INT TERM
  srun "$@" 2>&1 >&3 3>&- 4>&-
  echo "$?" >&4
}

# srun's message about every status other than 0 would hide the last words of the agent; for a cancelled job, Slurm's
# message is the reason.
relay() {
  trap '' HUP INT TERM
  wm_cancelled='' wm_lost=''
  while IFS= read -r wm_line || [ -n "$wm_line" ]; do
    case $wm_line in
      'srun: error: '*': task 0: Exited with exit code '* | 'srun: error: '*': task 0: Terminated') ;;
      'srun: Job step aborted: '*) ;;
      'srun: error: Node failure on '*) wm_lost=$wm_line ;;
      'slurmstepd'*' DUE TO NODE FAILURE'*) ;;
      'slurmstepd'*' *** STEP '*' CANCELLED AT '*) wm_cancelled=$wm_line ;;
      *) printf '%s\n' "$wm_line" ;;
    esac
  done
  if [ -n "$wm_lost" ]; then
    printf 'error: the job was lost: %s\n' "${wm_lost#srun: error: }"
    echo lost >&4
  elif [ -n "$wm_cancelled" ]; then
    printf '%s\n' "$wm_cancelled"
    echo cancelled >&4
  fi
}

trap : HUP INT TERM
exec 3>&1
wm_status=$(
  trap : HUP INT TERM
  { run "$@" | relay >&2; } 4>&1
)
case $wm_status in
  "$wm_well") exit 0 ;;
  *lost | 0 | '') exit 1 ;;
  *cancelled) exit 143 ;;
  *) exit "$wm_status" ;;
esac
