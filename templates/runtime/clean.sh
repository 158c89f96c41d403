#!/bin/sh
# Removes what runs leave behind, and nothing that was paid for.
#
#   sh clean.sh DIR
# shellcheck disable=SC2034,SC2154,SC1091 # what it shares with lock.sh
set -u
dir=$1 empty=0
. "$dir/runtime/lock.sh"
. "$dir/runtime/record.sh"

if [ ! -w "$dir" ]; then
  printf 'wavemake: cannot write in %s: nothing was removed\n' "$dir" >&2
  exit 1
fi
hostname
for lock in "$dir"/*/.lock; do
  [ -s "$lock" ] || continue
  if held "$lock"; then
    printf 'wavemake: %s is in use (pid %s on %s): nothing was removed\n' "${lock%/.lock}" "$pid" "$where" >&2
    exit 1
  fi
done
if others_at_work ''; then
  printf 'wavemake: a make is at work here (pid %s): nothing was removed\n' "${maker##*-}" >&2
  exit 1
fi
for agent in "$dir"/*/; do
  [ -e "$agent/task.md" ] || continue
  # An attempt that ended holds an answer that was paid for.
  [ -s "$agent/.try/rc" ] || rm -rf "$agent/.try"
  rm -f "$agent/.lock" "$agent/.lock.steal" "$agent/.clock" "$agent/.stamp" "$agent/.waiting" "$agent/log.txt"
  case $(cat "$agent/status.json" 2>/dev/null) in
    *'"state":"done"'*) ;;
    *) rm -f "$agent/status.json" ;;
  esac
done
keep_events ''
rm -rf "$dir/.pools"
rm -f "$dir"/runs/.ended.* "$dir"/runs/.spent.* "$dir"/.summary.* "$dir/events.jsonl" "$dir/summary.md"
printf 'wavemake: removed logs and locks; outputs, what they were paid for, and the records of runs are kept\n'
