#!/bin/sh
# What a person decides about an agent.
#
#   sh hand.sh DIR approve-AGENT|pin-AGENT|unpin-AGENT
#
#   approve  what it is waiting for: that it may start, or that its answer may be read
#   pin      its output is kept whatever changes; unpin: no longer
set -u
verb=${2%%-*} agent=${2#*-}
me=$1/$agent

die() {
  printf 'wavemake: %s: %s\n' "$agent" "$1" >&2
  exit 1
}

# make looks again at an output that is older than all that it reads, ninja at an agent without its link.
look_again() {
  [ ! -e "$me/output.md" ] || touch -t 198001020000 "$me/output.md"
  rm -f "$me/.answer" "$me/.ended"
}

case $verb in
  approve)
    grep -q '^approve ' "$me/task.md" || die "it asks for no approval: it would by \"approve\": true in the plan"
    [ -e "$me/.waiting" ] || die "nothing waits for approval: run make first"
    mv -f "$me/.waiting" "$me/approved" || die "cannot write in $me"
    look_again
    echo "wavemake: $agent is approved: make goes on with it" ;;
  pin)
    [ -s "$me/output.md" ] || die "there is no output to keep"
    : >"$me/pinned" || die "cannot write in $me"
    echo "wavemake: $agent is pinned: $me/output.md is kept whatever changes" ;;
  unpin)
    [ -e "$me/pinned" ] || die "it is not pinned"
    rm -f "$me/pinned" || die "cannot write in $me"
    look_again
    echo "wavemake: $agent is no longer pinned" ;;
esac
