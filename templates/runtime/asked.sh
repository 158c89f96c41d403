# A question of an agent that a person has to answer.

# read_question FILE: sets $wm_question.
read_question() { wm_question=$(LC_ALL=C awk -v program=question -f "$wm_here/lib.awk" "$1" 2>/dev/null); }

# ask: a question is charged, but not accepted or stored as an answer.  After a kill the next make finds the
# attempt where it was, and asks again without a charge.
ask() {
  enter_ending
  if ! { cp "$wm_try/output.md" "$wm_me/question.md" && printf '%s' "$wm_key" >"$wm_me/.asked"; }; then
    fail "cannot write in $wm_me: is the disk full?"
  fi
  [ ! -f "$wm_try/printed" ] || mv -f "$wm_try/printed" "$wm_me/stream.log"
  [ ! -f "$wm_try/prompt.md" ] || mv -f "$wm_try/prompt.md" "$wm_me/failed-prompt.md"
  backdate
  settle_status asked "$(how_to_answer)" >&2
  leave 1
}

# await_answer: ends here if the agent has asked with this very key and has no answer yet.
await_answer() {
  if ! is_there "$wm_me/.asked"; then return; fi
  if [ -z "$wm_forced" ] && [ "$(cat "$wm_me/.asked")" = "${wm_key%"$wm_nl"}" ] && is_there "$wm_me/question.md"; then
    read_question "$wm_me/question.md"
    stay asked "$(how_to_answer)"
  fi
  rm -f "$wm_me/.asked" "$wm_me/question.md"
}

# how_to_answer: the question, and the command that answers it.
how_to_answer() {
  printf '%s -- to answer: ' "${wm_question:-it asks a question}"
  how_to answer 'TEXT="..."'
}
