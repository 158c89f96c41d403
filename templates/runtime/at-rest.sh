# Keeps an answer without the agent's lock, if no make is at work on the agent.
#
# Only the time of the answer changes: it becomes that of its newest input, unless it is newer.  If another make
# replaces the answer meanwhile, that was made from something newer, so make runs its recipe again.

# is_at_rest: is there an answer with its key, and nothing to wait for, complete or clean up?
is_at_rest() {
  for wm_name in "$wm_me/output.md" "$wm_me/key" "$wm_me/status.json"; do
    if [ ! -s "$wm_name" ] || is_odd "$wm_name"; then return 1; fi
  done
  for wm_name in "$wm_dir/.cleaning" "$wm_dir/.workspace/journal" "$wm_me/.lock" "$wm_me/pinned" "$wm_me/.conflict" \
    "$wm_me/.rejected" "$wm_me/.asked" "$wm_me/.answers" "$wm_me/failed-prompt.md" "$wm_try/inputs" "$wm_try/output.md"; do
    if [ -e "$wm_name" ] || [ -h "$wm_name" ]; then return 1; fi
  done
  read_state "$wm_me"
  case $wm_line in *'"state":"done"'*) ;; *) return 1 ;; esac
}

# are_at_rest: are the agents that it reads done, each with an answer, and is no make at work on them?  Files have to be
# regular files.
are_at_rest() {
  for wm_name in $wm_reads; do
    wm_name=$wm_dir/$wm_name
    if [ -e "$wm_name/.lock" ] || is_odd "$wm_name/output.md" || [ ! -s "$wm_name/output.md" ] || ! good "$wm_name"; then
      return 1
    fi
  done
  case $wm_links in *'read diff '*) return 1 ;; *'read file '*) ;; *) return 0 ;; esac
  set -f
  IFS=$wm_nl
  wm_odd=''
  for wm_line in $wm_links; do
    case $wm_line in 'read file '*) [ -f "./${wm_line#read file }" ] || wm_odd=$wm_line ;; esac
  done
  IFS=$wm_blanks
  set +f
  [ -z "$wm_odd" ]
}

# find_newest: sets $wm_newest to the newest input of the answer, or to the answer itself, whose edits must not look
# older; returns 1 if that is newer than this run.  A time in the future would hide an edit.
find_newest() {
  wm_newest=$wm_me/output.md
  set -f
  IFS=$wm_nl
  # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
  for wm_name in "$wm_me/task.md" $wm_paths; do
    [ ! "$wm_newest" -ot "$wm_name" ] || wm_newest=$wm_name
    # This shows make an agent that others go on without.
    case $wm_name in
      "$wm_dir"/*/output.md) [ ! "$wm_newest" -ot "${wm_name%/*}/.ended" ] || wm_newest=${wm_name%/*}/.ended ;;
    esac
  done
  IFS=$wm_blanks
  set +f
  # shellcheck disable=SC3013
  [ ! "$wm_dir/runs/.ended.$wm_run" -ot "$wm_newest" ]
}

# keep_at_rest: ends here, or returns: then the agent is examined like any other.  That includes agents that have more
# than an answer, and those that ninja does not know by a link.
keep_at_rest() {
  if [ -n "$wm_forced" ] || { [ -n "$wm_ninja" ] && [ -z "$wm_restat" ]; }; then return; fi
  is_at_rest && open_task || return 0
  if [ -n "$wm_stages$wm_outputs$wm_workspace$wm_when$wm_follow$wm_until$wm_tolerant$wm_untrusted$wm_approve" ]; then return; fi
  are_at_rest || return 0
  wm_lost=' '
  list_inputs
  sum_inputs || return 0
  name_sums
  inputs_of "$wm_me/key"
  if [ "$wm_inputs" != "$wm_key" ] || [ "$wm_checks" != "$wm_checked" ] || [ -n "$wm_record" ]; then return; fi
  find_newest || return 0
  if [ -e "$wm_me/.lock" ] || [ -e "$wm_me/.conflict" ]; then return; fi
  [ -n "$wm_restat" ] || [ "$wm_newest" = "$wm_me/output.md" ] || LC_ALL=C touch -c -r "$wm_newest" "$wm_me/output.md" || return 0
  measure reused ''
  announce reused ''
  leave 0
}
