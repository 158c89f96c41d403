# What a person decides about an agent.

# decide GOAL: carries out approve-AGENT (it may start, or its answer may be read), pin-AGENT (its output is kept
# whatever changes), unpin-AGENT, reject-AGENT (its answer is made again; the prompt says why), answer-AGENT (its
# question is answered), undo-AGENT (its edits are taken out of the project) or redo-AGENT.
decide() {
  wm_agent=${1#*-}
  wm_me=$wm_dir/$wm_agent
  refuse_inside
  hold_agent
  case ${1%%-*} in
    approve) approve ;;
    pin) pin ;;
    unpin) unpin ;;
    reject) reject ;;
    answer) answer ;;
    undo | redo) move_edits "${1%%-*}" ;;
  esac
}

# hold_agent: locks the agent.  The lock of a make that was killed is left to the next make.
hold_agent() {
  wm_run='' wm_refused=0 wm_empty=0
  sign
  if take "$wm_me/.lock"; then
    trap 'rm -f "$wm_me/.lock"' EXIT
    trap 'exit 1' HUP INT TERM
  elif held "$wm_me/.lock"; then
    refuse "a make works on it (pid $wm_pid on $wm_where): wait for its end"
  fi
}

refuse() {
  printf 'wavemake: %s: %s\n' "$wm_agent" "$1" >&2
  exit 1
}

# make runs the recipe of an output that is older than its inputs, ninja that of an agent without its link.
look_again() {
  [ ! -e "$wm_me/output.md" ] || touch -t 198001020000 "$wm_me/output.md"
  rm -f "$wm_me/.answer" "$wm_me/.ended"
}

approve() {
  grep -q '^approve ' "$wm_me/task.md" || refuse "it asks for no approval: it would by \"approve\": true in the plan"
  is_there "$wm_me/.waiting" || refuse "nothing waits for approval: run make first"
  wm_sum=$(sum_of_file "$wm_me/.waiting")
  wm_now=SUM=${wm_sum%"${wm_sum#????????????}"}
  case ${SUM:-},$wm_sum in
    ,*)
      [ ! -e "$wm_me/.shown" ] ||
        refuse "what waits is not what was shown first; to approve what waits now: $(how_to approve "$wm_now")" ;;
    ????????*,"$SUM"*) ;;
    *) refuse "something else waits by now; to approve that: $(how_to approve "$wm_now")" ;;
  esac
  mv -f "$wm_me/.waiting" "$wm_me/approved" || refuse "cannot write in $wm_me"
  rm -f "$wm_me/.shown"
  look_again
  echo "wavemake: $wm_agent is approved: make goes on with it"
}

sum_of_file() { if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi; }

pin() {
  [ -s "$wm_me/output.md" ] || refuse "there is no output to keep"
  is_there "$wm_me/pinned" || :
  printf '' >"$wm_me/pinned" || refuse "cannot write in $wm_me"
  echo "wavemake: $wm_agent is pinned: $wm_me/output.md is kept whatever changes"
}

unpin() {
  [ -e "$wm_me/pinned" ] || refuse "it is not pinned"
  rm -f "$wm_me/pinned" || refuse "cannot write in $wm_me"
  look_again
  echo "wavemake: $wm_agent is no longer pinned"
}

# reject: makes the key of the answer invalid; the next prompt has the answer itself.  An answer that is kept in .try,
# because it could not be accepted, comes first: it moves to .rejected.md.  Reads WHY.
reject() {
  wm_tried=''
  if has_ended "$wm_me/.try/rc" && is_there "$wm_me/.try/output.md" && [ -s "$wm_me/.try/output.md" ]; then wm_tried=1; fi
  [ -n "$wm_tried" ] || [ -s "$wm_me/output.md" ] || refuse "there is not an answer to reject"
  [ -n "${WHY:-}" ] || refuse "say why: $(how_to reject 'WHY="..."')"
  rm -rf "$wm_me/.rejected.md"
  if [ -n "$wm_tried" ]; then
    mv -f "$wm_me/.try/output.md" "$wm_me/.rejected.md" || refuse "cannot write in $wm_me"
    rm -rf "$wm_me/.try"
  fi
  is_there "$wm_me/.rejected" || :
  printf '%s\n' "$WHY" >"$wm_me/.rejected" || refuse "cannot write in $wm_me"
  if is_there "$wm_me/key"; then
    { LC_ALL=C grep -E '^(output|base|result|patch) |^merged$' "$wm_me/key" >"$wm_me/.key" && mv -f "$wm_me/.key" "$wm_me/key"; } ||
      refuse "cannot write in $wm_me"
  fi
  rm -f "$wm_me/.waiting" "$wm_me/approved" "$wm_me/.shown"
  look_again
  echo "wavemake: the answer of $wm_agent is rejected: make asks it again, and says why"
}

# answer: the next prompt carries the question and its answer: TEXT, or the content of FILE.
answer() {
  if ! { is_there "$wm_me/.asked" && is_there "$wm_me/question.md" &&
    grep -q '"state":"asked"' "$wm_me/status.json" 2>/dev/null; }; then
    refuse "it has not asked anything"
  fi
  if [ -n "${TEXT:-}" ]; then
    wm_said=$TEXT
  elif [ -n "${FILE:-}" ]; then
    wm_said=$(cat "$FILE") || refuse "cannot read $FILE"
  else
    refuse "say what to answer: $(how_to answer 'TEXT="..."') (or FILE=PATH); it asked: $wm_me/question.md"
  fi
  [ -n "$wm_said" ] || refuse "the answer is empty"
  is_there "$wm_me/.answers" || :
  wm_sum=$(sum_of_file "$wm_me/question.md")
  printf '===== question %s =====\n%s\n===== end %s =====\n\n%s\n\n' "${wm_sum%% *}" "$(tail -c 16000 "$wm_me/question.md")" \
    "${wm_sum%% *}" "$wm_said" >>"$wm_me/.answers" || refuse "cannot write in $wm_me"
  # The remains of the try that asked would ask again.
  rm -rf "$wm_me/.asked" "$wm_me/.try"
  look_again
  echo "wavemake: $wm_agent is answered: make goes on with it"
}

# move_edits undo|redo: agent.sh has the code for it.
move_edits() {
  wm_folder=$(LC_ALL=C sed -n 's/^  "folder": "\(.*\)",$/\1/p' "$wm_dir/manifest.json")
  wm_root=${wm_dir%"$wm_folder"}
  exec sh "$wm_here/agent.sh" "${wm_root:-.}" "$wm_folder" 1 0 "$wm_agent" "$1"
}
