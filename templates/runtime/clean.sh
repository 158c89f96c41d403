#!/bin/sh
# Removes what runs leave behind, and nothing that was paid for.
#
#   sh clean.sh DIR
set -u
dir=$1
for lock in "$dir"/*/.lock; do
  [ -e "$lock" ] || continue
  read -r host pid _ <"$lock"
  if kill -0 "$pid" 2>/dev/null; then
    printf 'wavemake: %s is in use (pid %s on %s): nothing was removed\n' "${lock%/.lock}" "$pid" "$host" >&2
    exit 1
  fi
done
for agent in "$dir"/*/; do
  [ -e "$agent/task.md" ] || continue
  # An attempt that ended holds an answer that was paid for.
  [ -s "$agent/.try/rc" ] || rm -rf "$agent/.try"
  rm -f "$agent/.lock" "$agent/.lock.steal" "$agent/.stamp" "$agent/.waiting" "$agent/log.txt"
  case $(cat "$agent/status.json" 2>/dev/null) in
    *'"state":"done"'*) ;;
    *) rm -f "$agent/status.json" ;;
  esac
done
rm -f "$dir"/.ended.* "$dir"/.spent.* "$dir"/.summary.* "$dir/events.jsonl" "$dir/summary.md"
printf 'wavemake: removed logs, locks and events; outputs, and what they were paid for, are kept\n'
