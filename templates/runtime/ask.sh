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
