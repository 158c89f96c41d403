# Removes what runs leave behind, but no answer.

# clean_workspaces: the shared objects are needed as long as some edits are not in a patch yet, or only partly in the
# project.
clean_workspaces() {
  if [ -e "$wm_dir/.workspace/journal" ]; then return; fi
  for wm_agent in "$wm_dir"/*/.work; do
    if [ -e "$wm_agent" ]; then return; fi
  done
  rm -rf "$wm_dir/.workspace"
}

clean() {
  wm_empty=0
  if [ ! -w "$wm_dir" ]; then
    printf 'wavemake: cannot write in %s: nothing was removed\n' "$wm_dir" >&2
    exit 1
  fi
  refuse_inside
  # From here on no agent keeps a new lock, and every agent that already has one is found.
  wm_agent=clean wm_run='' wm_refused=0 wm_empty=0
  sign
  until take "$wm_dir/.cleaning"; do
    if held "$wm_dir/.cleaning"; then
      printf 'wavemake: another make clean is at work (pid %s on %s)\n' "$wm_pid" "$wm_where" >&2
      exit 1
    fi
    if is_there "$wm_dir/.cleaning"; then rm -f "$wm_dir/.cleaning"; fi
  done
  trap 'rm -f "$wm_dir/.cleaning"' EXIT
  trap 'exit 1' HUP INT TERM
  for wm_lock in "$wm_dir"/*/.lock; do
    [ -s "$wm_lock" ] || continue
    if held "$wm_lock"; then
      printf 'wavemake: %s is in use (pid %s on %s): nothing was removed\n' \
        "${wm_lock%/.lock}" "$wm_pid" "$wm_where" >&2
      exit 1
    fi
  done
  if others_at_work ''; then
    printf 'wavemake: a make is at work here (pid %s): nothing was removed\n' "$wm_maker" >&2
    exit 1
  fi
  for wm_agent in "$wm_dir"/*/; do
    [ -e "$wm_agent/task.md" ] || continue
    # An attempt that ended holds an answer that was charged.
    has_ended "$wm_agent/.try/rc" || { rm -rf "$wm_agent/.try" && remove_tree "$wm_agent/.work"; }
    rm -f "$wm_agent/.lock" "$wm_agent/.lock.steal" "$wm_agent/.clock" "$wm_agent/.stamp" "$wm_agent/.waiting" \
      "$wm_agent/.shown" "$wm_agent/log.txt" "$wm_agent/stream.log"
    is_there "$wm_agent/status.json" || :
    case $(cat "$wm_agent/status.json" 2>/dev/null) in
      *'"state":"done"'* | *'"state":"asked"'*) ;;
      *) rm -f "$wm_agent/status.json" ;;
    esac
  done
  keep_events ''
  rm -rf "$wm_dir/.pools" "$wm_dir/.limits" "$wm_dir/.prefix"
  clean_workspaces
  rm -f "$wm_dir"/runs/.ended.* "$wm_dir"/runs/.spent.* "$wm_dir"/runs/.cells.* "$wm_dir"/.summary.* "$wm_dir/events.jsonl" "$wm_dir/summary.md"
  printf 'wavemake: removed logs and locks; outputs, what they were paid for, and the records of runs are kept\n'
}
