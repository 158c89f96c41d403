# An agent that cannot go on without an answer from a person: its question, and the answer.
#
#   DIR/AGENT/question.md  what it printed in place of an answer
#   DIR/AGENT/.asked       the key with which it asked: as long as that stays, it is not charged again
#   DIR/AGENT/.answers     its questions so far and their answers, for the next prompt

# The end of the frame of each prompt.  It is no part of the key.
# shellcheck disable=SC2016 # Markdown
wm_asking='
# If you cannot go on

If nobody but a person can decide what you need to know, do not guess. Print, as your first line, `WAVEMAKE-QUESTION:`
and your question, and end. You will be started again with the answer.
'

# find_question: sets $wm_question to the question, if the answer is one.  A process is started for that only if the
# verdict of the envelope or the first bytes of the answer suggest it.
find_question() {
  wm_question=''
  case $wm_suspect$wm_beginning in
    *[Qq][Uu][Ee][Ss][Tt][Ii][Oo][Nn]*) read_question "$wm_try/output.md" ;;
  esac
}

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

# read_answers: sets $wm_answers to what the agent has asked and was answered, for the prompt.
read_answers() {
  wm_answers=''
  if ! is_there "$wm_me/.answers"; then return; fi
  wm_answers="
# What you asked, and what a person answers

$(cat "$wm_me/.answers")

Go on with that.
"
}
