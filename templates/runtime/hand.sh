#!/bin/sh
# What a person decides about an agent.
#
#   sh hand.sh DIR approve-AGENT|pin-AGENT|unpin-AGENT
#
#   approve  what it is waiting for: that it may start, or that its answer may be read
#   pin      its output is kept whatever changes; unpin: no longer
set -u
wm_verb=${2%%-*} wm_agent=${2#*-}
wm_me=$1/$wm_agent

die() {
  printf 'wavemake: %s: %s\n' "$wm_agent" "$1" >&2
  exit 1
}

# make looks again at an output that is older than all that it reads, ninja at an agent without its link.
look_again() {
  [ ! -e "$wm_me/output.md" ] || touch -t 198001020000 "$wm_me/output.md"
  rm -f "$wm_me/.answer" "$wm_me/.ended"
}

case $wm_verb in
  approve)
    grep -q '^approve ' "$wm_me/task.md" || die "it asks for no approval: it would by \"approve\": true in the plan"
    [ -e "$wm_me/.waiting" ] || die "nothing waits for approval: run make first"
    mv -f "$wm_me/.waiting" "$wm_me/approved" || die "cannot write in $wm_me"
    look_again
    echo "wavemake: $wm_agent is approved: make goes on with it" ;;
  pin)
    [ -s "$wm_me/output.md" ] || die "there is no output to keep"
    : >"$wm_me/pinned" || die "cannot write in $wm_me"
    echo "wavemake: $wm_agent is pinned: $wm_me/output.md is kept whatever changes" ;;
  unpin)
    [ -e "$wm_me/pinned" ] || die "it is not pinned"
    rm -f "$wm_me/pinned" || die "cannot write in $wm_me"
    look_again
    echo "wavemake: $wm_agent is no longer pinned" ;;
esac
