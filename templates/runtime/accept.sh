# Puts an answer in place, with its key.

# accept: the new key, which carries the new output's checksum, goes first and the output last: after a kill
# between them the key's checksum lets finish_acceptance see that the output in .try is its own.
# If something cannot be written, the attempt is kept: it was charged.
accept() {
  enter_ending
  [ ! -e "$wm_dir/.limits" ] || forget_limit
  wm_kept=1
  [ -n "$wm_workspace" ] || remember_own_files
  sum_answers
  wm_paid_for="${wm_key}output $wm_answer$wm_nl"
  wm_outcome="done" wm_why='' wm_edits_of=''
  [ -z "$wm_hit" ] || wm_outcome=reused
  if [ "$wm_approve" = after ]; then ask_approval; fi
  if [ -n "$wm_until" ] && [ "$wm_outcome" != waiting ]; then has_come_to_its_end || wm_outcome=failed; fi
  if [ -n "$wm_workspace" ]; then
    wm_note=$wm_why
    accept_edits
    wm_why=$wm_note
  fi
  wm_record='' wm_remarks='' wm_recorded=''
  if [ -n "$wm_outputs$wm_regained" ] || [ -f "$wm_try/before" ] || [ -f "$wm_dir/.edits" ]; then record_made; fi
  if [ -n "$wm_remarks" ]; then quote "$wm_remarks" && wm_noted=",\"remark\":$wm_quoted"; fi
  printf '%s' "$wm_paid_for$wm_checks$wm_task_file$wm_record$wm_edits_of" >"$wm_try/key" || fail "cannot write: is the disk full?"
  wm_same=''
  case $wm_old in '') ;; "$wm_answer") wm_same=1 ;; *) keep_old "$wm_old" ;; esac
  date_output || fail "cannot set the time of its output"
  measure "$wm_outcome" "$wm_why"
  write_status "$wm_try/status.json" || fail "cannot write its status: is the disk full?"
  if [ -n "$wm_forced" ]; then
    is_folder "$wm_dir/runs" || mkdir "$wm_dir/runs"
    printf '%s\n' "$wm_agent" >>"$wm_dir/runs/.forced.$wm_run"
  fi
  move_accepted
  [ -z "$wm_rejection" ] || rm -f "$wm_me/.rejected" "$wm_me/.rejected.md"
  [ -z "$wm_answers" ] || rm -f "$wm_me/.answers" "$wm_me/question.md"
  [ -z "$wm_workspace" ] || leave_workspace
  store_put
  announce "$wm_outcome" "$wm_why"
  wm_kept=''
  case $wm_outcome in waiting | failed) leave 1 ;; *) leave 0 ;; esac
}

# sum_answers: sets $wm_answer to the checksum of the answer, and $wm_old to that of the one that it replaces.  A
# checksum computed a moment ago will do, unless a check has run since: it may have rewritten the answer.
sum_answers() {
  wm_answer=$wm_known wm_old=''
  [ -z "$wm_checks$wm_workspace" ] || wm_answer=''
  set --
  [ -n "$wm_answer" ] || set -- "$wm_try/output.md"
  if [ -f "$wm_me/output.md" ]; then set -- "$@" "$wm_me/output.md" && wm_old=1; fi
  if [ "$#" = 0 ]; then return; fi
  IFS=$wm_nl
  wm_two=$(LC_ALL=C $wm_digest "$@") || fail "cannot read its output"
  IFS=$wm_blanks
  [ -n "$wm_answer" ] || wm_answer=${wm_two%% *}
  wm_two=${wm_two##*"$wm_nl"}
  [ -z "$wm_old" ] || wm_old=${wm_two%% *}
}

# date_output: gives the answer the time that make compares.
date_output() {
  look_again
  if [ "$wm_outcome" = waiting ] || [ "$wm_outcome" = failed ] || [ -n "$wm_edited" ]; then
    touch -t 198001020000 "$wm_try/output.md"
  elif [ -n "$wm_same" ] && [ -n "$wm_restat" ]; then
    touch -r "$wm_me/output.md" "$wm_try/output.md"
  elif ! is_dated; then
    LC_ALL=C touch -r "$wm_me/.stamp" "$wm_try/output.md"
  fi
}

# is_dated: will the time at which it was written do?  No input was edited before that, and the clock has moved on, as its
# key shows: what is edited from now on is newer.  Some agents have inputs that were not looked at again.
is_dated() {
  case $wm_newer$wm_stages$wm_lists$wm_lost$wm_checks$wm_when$wm_follow$wm_until,$wm_links in 0' ',*'read diff '*) return 1 ;; 0' ',*) ;; *) return 1 ;; esac
  # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
  [ ! "$wm_try/output.md" -ot "$wm_me/.stamp" ] && [ "$wm_try/output.md" -ot "$wm_try/key" ]
}

# remember_own_files: of a file that an agent reads and writes itself, its key has the content that it left.  Such are its
# declared outputs, and what it edited in its workspace.
remember_own_files() {
  case $wm_links in *'read file '*) ;; *) return ;; esac
  wm_owned=$wm_nl$wm_outputs
  [ -z "$wm_workspace" ] || find_own_edits
  if [ "$wm_owned" = "$wm_nl" ]; then return; fi
  wm_inputs=''
  set -f
  IFS=$wm_nl
  for wm_line in $wm_key; do
    wm_name=${wm_line#read ./}
    wm_name=${wm_name% *}
    case $wm_line,$wm_owned in
      'read ./'*,*"$wm_nl$wm_name$wm_nl"*)
        wm_sum=$($wm_digest "./$wm_name") && wm_line="read ./$wm_name ${wm_sum%% *}" ;;
    esac
    wm_inputs=$wm_inputs$wm_line$wm_nl
  done
  IFS=$wm_blanks
  set +f
  wm_key=$wm_inputs
  printf '%s' "$wm_key" >"$wm_try/inputs" || fail "cannot write: is the disk full?"
}

# move_accepted: moves what is in .try; $wm_settled is its status.
move_accepted() {
  [ ! -f "$wm_try/printed" ] || mv -f "$wm_try/printed" "$wm_me/stream.log"
  set --
  for wm_name in key prompt.md result.json status.json changes.patch output.md; do
    [ ! -f "$wm_try/$wm_name" ] || set -- "$@" "$wm_try/$wm_name"
  done
  [ -z "$wm_settled" ] || keep_status '+'
  if LC_ALL=C mv -f "$@" "$wm_me/"; then
    [ -z "$wm_settled" ] || keep_status '='
    return
  fi
  # mv goes on after a file that it cannot move: an old key must not vouch for a new output.
  [ -f "$wm_try/output.md" ] || rm -f "$wm_me/key"
  wm_kept=1
  fail "cannot replace $wm_me/output.md"
}

# keep_old CHECKSUM: keeps an output that is about to be replaced, unless it says that the agent was skipped.  History
# has the last three, and all that a person edited.
keep_old() {
  wm_paid='' wm_record=''
  if [ -f "$wm_me/key" ]; then inputs_of "$wm_me/key"; fi
  if is_note && [ "$wm_paid" = "$1" ]; then return; fi
  [ -d "$wm_me/history" ] || mkdir "$wm_me/history"
  wm_n=1
  for wm_name in "$wm_me"/history/*.md; do
    wm_name=${wm_name##*/}
    wm_name=${wm_name%%.*}
    case $wm_name in *[!0-9]*) ;; *) [ "$wm_name" -lt "$wm_n" ] || wm_n=$((wm_name + 1)) ;; esac
  done
  wm_suffix=''
  [ "$wm_paid" = "$1" ] || wm_suffix=.edited
  [ -z "$wm_suffix" ] || say "$wm_agent: its output, edited by hand, is kept as $wm_me/history/$wm_n$wm_suffix.md"
  # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
  if [ "$wm_me/output.md" -ef "$wm_me/history/$((wm_n - 1))$wm_suffix.md" ]; then
    wm_n=$((wm_n - 1)) # An attempt that was killed has kept it already.
  else
    ln "$wm_me/output.md" "$wm_me/history/$wm_n$wm_suffix.md" 2>/dev/null ||
      cp -p "$wm_me/output.md" "$wm_me/history/$wm_n$wm_suffix.md" ||
      { rm -f "$wm_me/history/$wm_n$wm_suffix.md"; fail "cannot keep the output that it replaces"; }
  fi
  set --
  for wm_name in "$wm_me"/history/*.md; do
    wm_number=${wm_name##*/}
    wm_number=${wm_number%.md}
    case $wm_number in *[!0-9]*) ;; *) [ "$wm_number" -gt $((wm_n - 3)) ] || set -- "$@" "$wm_name" ;; esac
  done
  [ "$#" = 0 ] || rm -f "$@"
}
