# What few agents need is in a file of its own, more.sh.  The first call of one of these functions reads it, which defines
# them all: a shell takes longer to read its program than to do the rest of its work for an agent.

more() {
  # shellcheck disable=SC1091 # it is linked from these sources
  . "$wm_here/more.sh"
  "$@"
}

for wm_word in \
  again approved ask ask_approval ask_whether_transient await_answer await_approval await_limit await_remote_lease \
  backdate check check_again dead decline download elsewhere end_common end_without_folder fail fetch_blob \
  finish_acceptance forget forget_limit go_ahead how_to how_to_approve how_to_force is_endless is_up keep_edited \
  keep_pinned knows_no_prefix last_words let_wait list_folder look_before make_private not_run note_hit passes \
  pause plain read_question read_records real_path record_made refuse_conflict refuse_edited_plan refuse_entry \
  restate restore_made send set_schema settle_status share sign_lease stay stay_inside steal stop stop_leading \
  store_blob sum_of take_entry take_known_edits take_present_inputs upload wait_for_limit waits why_no_status; do
  eval "$wm_word() { more $wm_word \"\$@\"; }"
done
