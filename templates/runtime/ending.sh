# How an agent ends that has no new answer, and how a signal ends it.

# A failed agent's last good output stays, but with a time older than all its inputs, so that make does not consider it
# done.  For ninja, its link is removed.
backdate() {
  if [ -e "$wm_me/output.md" ]; then touch -t 198001020000 "$wm_me/output.md"; fi
  if [ -h "$wm_me/.answer" ]; then rm -f "$wm_me/.answer"; fi
}

fail() {
  case $wm_mode in undo | redo | look) decline "$1" ;; esac
  enter_ending
  if [ -n "$wm_locked" ] && [ -z "$wm_kept" ]; then
    if [ "$wm_tries" != 0 ] && [ -s "$wm_try/$wm_sink" ]; then
      case $wm_envelope in
        text | aider | llm) { echo "--- what the agent printed:"; tail -c 1000000 "$wm_try/$wm_sink"; echo; } >>"$wm_me/log.txt" ;;
        # wavemake logs shows events as lines to read.
        *) echo "--- the events that the agent printed: $wm_me/stream.log" >>"$wm_me/log.txt" ;;
      esac
      [ "$wm_envelope" = text ] || mv -f "$wm_try/$wm_sink" "$wm_me/stream.log"
    fi
    [ ! -f "$wm_try/prompt.md" ] || mv -f "$wm_try/prompt.md" "$wm_me/failed-prompt.md"
    if [ -d "$wm_work" ]; then
      printf -- '--- its workspace is kept until it is tried again: %s\n' "$wm_work/tree" >>"$wm_me/log.txt"
    fi
    # This makes room for the status if the disk is full.
    rm -f "$wm_try/printed" "$wm_try/output.md"
  fi
  [ -z "$wm_kept" ] || set -- "$1 (its answer is kept for the next make)"
  backdate
  settle_status failed "$1" >&2
  leave 1
}

# decline REASON: refuses what a person asked for.
decline() {
  enter_ending
  printf 'wavemake: %s: %s\n' "$wm_agent" "$1" >&2
  leave 1
}

# not_run STATE REASON: ends an agent that was not started; nothing is lost.
not_run() {
  enter_ending
  backdate
  settle_status "$1" "$2" >&2
  leave 1
}

# stay STATE REASON: ends an agent that stays in that state; the time and cost of its last try stay, too.
stay() {
  enter_ending
  backdate
  restate "$1" "$2" >&2
  leave 1
}

# stop STATUS: handles a signal.  Ending the timer ends the agent, no matter how far its start has got.
stop() {
  enter_ending
  [ -z "$wm_sleeper" ] || kill -KILL "$wm_sleeper"
  if [ "$wm_job" = starting ]; then
    last_job
    wm_job=$wm_last
  fi
  if [ -n "$wm_job" ]; then
    wm_n=0
    until read_timer || [ "$wm_n" -ge 50 ]; do wm_n=$((wm_n + 1)); nap; done
    kill "${wm_timer:-$wm_job}" 2>/dev/null
    wait "$wm_job" 2>/dev/null
    sweep "$wm_cookie"
    still_ours
  fi
  if [ -n "$wm_locked" ]; then
    # What the next make uses of the attempt is masked again.
    [ "$wm_tries" = 0 ] || mask "$wm_try/$wm_sink" "$wm_me/log.txt" || rm -f "$wm_me/log.txt"
    if has_ended "$wm_try/rc" || [ -s "$wm_try/printed" ]; then wm_kept=1; fi
    settle_status interrupted "stopped by a signal"
  fi
  leave "$1"
}

# end_without_folder: git clean, or an agent, has removed what this runs from and would write into.
end_without_folder() {
  printf 'wavemake: %s: its folder %s was removed while it ran, and its answer with it: compile the plan again (what the store has is not charged again)\n' \
    "$wm_agent" "$wm_me" >&2
  wm_locked=''
  leave 1
}

# place_status FILE: puts it in place as status.json; it is $wm_settled.
place_status() {
  keep_status '+'
  mv -f "$1" "$wm_me/status.json" || return 1
  keep_status '='
}

# settle_status STATE REASON: announces it and puts status.json in place, outside an acceptance.
settle_status() {
  plain "$2"
  set -- "$1" "$wm_clean"
  measure "$1" "$2"
  if ! { write_status "$wm_me/.status.$$" && place_status "$wm_me/.status.$$"; }; then
    # On a full disk the old status makes room for the new.
    rm -f "$wm_me/.status.$$"
    write_status "$wm_me/status.json"
    keep_status '='
  fi
  announce "$1" "$2"
}

# restate STATE REASON: changes the state; all else stays as the last try left it, because this run has nothing to
# measure.
restate() {
  plain "$2"
  set -- "$1" "$wm_clean"
  read_status "$wm_me/status.json"
  measure "$1" "$2"
  case $wm_line in
    *',"state":"'*'",'*',"reason":'*',"attempts":'*)
      wm_members=${wm_line#*',"state":"'}
      wm_members=${wm_members#*'",'}
      # zsh takes no quotes in an expansion that is quoted itself.
      wm_line=${wm_line%%',"state":"'*} wm_rest=${wm_members##*',"attempts":'}
      wm_members=${wm_members%%',"reason":'*}
      set_settled "$wm_line" "$wm_members" "$wm_rest"
      { printf '%s\n' "$wm_settled" >"$wm_me/.status.$$" && place_status "$wm_me/.status.$$"; } || rm -f "$wm_me/.status.$$"
      announce "$1" "$2" ;;
    *) settle_status "$1" "$2" ;;
  esac
}

# plain TEXT: sets $wm_clean to it as a line without control characters, whatever an agent printed.  The letters are
# spelt out, because ranges depend on the locale.
plain() {
  case $1 in
    *[!abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\ .,:\;\(\)/_+=%-]*)
      wm_clean=$(printf '%s\n' "$1" | LC_ALL=C awk -v program=plain -f "$wm_here/lib.awk") ;;
    *) wm_clean=$1 ;;
  esac
}
