#!/bin/sh
# Runs a command as a job of Slurm, or within one as a step of it, and ends as the command ended.
#
#   sh slurm.sh [OPTION OF srun...] -- COMMAND [ARG...]
#
# srun alone ends with 0 when the node is lost, and when a command ends well because it is cancelled.  So the
# job says by another number that all went well, and what Slurm says of a cancelled one makes it a failure.
set -u
well=86

# shellcheck disable=SC2016 # for the shell on the node
inside='"$@"
status=$?
case $status in 0) exit '$well' ;; '$well') exit 1 ;; *) exit "$status" ;; esac'

count=$# options=1
while [ "$count" -gt 0 ]; do
  case $options,$1 in
    1,--) options='' && set -- "$@" sh -c "$inside" sh ;;
    *) set -- "$@" "$1" ;;
  esac
  shift
  count=$((count - 1))
done

# A TERM that ends the whole group is left to srun, which cancels the job; what is printed meanwhile is passed on.
run() {
  trap : HUP INT TERM
  srun "$@" 2>&1 >&3 3>&- 4>&-
  echo "$?" >&4
}

# What srun says of every status that is not 0 would hide the last words of the agent; those of a job that is
# cancelled are Slurm's, which says why.
tell() {
  trap '' HUP INT TERM
  cancelled='' lost=''
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      'srun: error: '*': task 0: Exited with exit code '* | 'srun: error: '*': task 0: Terminated') ;;
      'srun: Job step aborted: '*) ;;
      'srun: error: Node failure on '*) lost=$line ;;
      'slurmstepd'*' DUE TO NODE FAILURE'*) ;;
      'slurmstepd'*' *** STEP '*' CANCELLED AT '*) cancelled=$line ;;
      *) printf '%s\n' "$line" ;;
    esac
  done
  if [ -n "$lost" ]; then
    printf 'error: the job was lost: %s\n' "${lost#srun: error: }"
    echo lost >&4
  elif [ -n "$cancelled" ]; then
    printf '%s\n' "$cancelled"
    echo cancelled >&4
  fi
}

trap : HUP INT TERM
exec 3>&1
status=$(
  trap : HUP INT TERM
  { run "$@" | tell >&2; } 4>&1
)
case $status in
  "$well") exit 0 ;;
  *lost | 0 | '') exit 1 ;;
  *cancelled) exit 143 ;;
  *) exit "$status" ;;
esac
