# What a person decides about an agent.

# decide GOAL: carries out approve-AGENT (what it is waiting for: that it may start, or that its answer may be read),
# pin-AGENT (its output is kept whatever changes), unpin-AGENT, undo-AGENT (its edits are taken out of the project) or
# redo-AGENT.
decide() {
  wm_agent=${1#*-}
  wm_me=$wm_dir/$wm_agent
  case ${1%%-*} in
    approve) approve ;;
    pin) pin ;;
    unpin) unpin ;;
    undo | redo) move_edits "${1%%-*}" ;;
  esac
}

refuse() {
  printf 'wavemake: %s: %s\n' "$wm_agent" "$1" >&2
  exit 1
}

# make looks again at an output that is older than all that it reads, ninja at an agent without its link.
look_again() {
  [ ! -e "$wm_me/output.md" ] || touch -t 198001020000 "$wm_me/output.md"
  rm -f "$wm_me/.answer" "$wm_me/.ended"
}

approve() {
  grep -q '^approve ' "$wm_me/task.md" || refuse "it asks for no approval: it would by \"approve\": true in the plan"
  [ -e "$wm_me/.waiting" ] || refuse "nothing waits for approval: run make first"
  mv -f "$wm_me/.waiting" "$wm_me/approved" || refuse "cannot write in $wm_me"
  look_again
  echo "wavemake: $wm_agent is approved: make goes on with it"
}

pin() {
  [ -s "$wm_me/output.md" ] || refuse "there is no output to keep"
  : >"$wm_me/pinned" || refuse "cannot write in $wm_me"
  echo "wavemake: $wm_agent is pinned: $wm_me/output.md is kept whatever changes"
}

unpin() {
  [ -e "$wm_me/pinned" ] || refuse "it is not pinned"
  rm -f "$wm_me/pinned" || refuse "cannot write in $wm_me"
  look_again
  echo "wavemake: $wm_agent is no longer pinned"
}

# move_edits undo|redo: agent.sh has what that needs.
move_edits() {
  wm_folder=$(sed -n 's/^  "folder": "\(.*\)",$/\1/p' "$wm_dir/manifest.json")
  wm_root=${wm_dir%"$wm_folder"}
  exec sh "$wm_here/agent.sh" "${wm_root:-.}" "$wm_folder" 1 0 "$wm_agent" "$1"
}
