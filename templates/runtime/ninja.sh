#!/bin/sh
# Runs agents with ninja: keeps going past failures and sums up, as the driver Makefile does with make.
#
#   sh DIR/runtime/ninja.sh [OPTION...] [GOAL...] [FORCE=1]
#
#   OPTION  ninja's own: -j4, -k1, -n, -v, -d explain     GOAL  an agent, wave-N, rerun-wave-N; none means all
#   FORCE   run the named goals again
#
# The driver Makefile's other goals are known as well: status, summary, clean, approve-, reject-, answer-, pin-, unpin-, undo- and redo-AGENT.
#
# Exit status: that of ninja.
set -u
wm_here=${0%/*}
wm_dir=${wm_here%/*}
wm_goals='' wm_force='' wm_options='' wm_chatty='' wm_decision=''
while [ "$#" -gt 0 ]; do
  case $1 in
    -[jkld]) wm_options="$wm_options $1 ${2:-}" && shift ;;
    -n | -v) wm_options="$wm_options $1" wm_chatty=1 ;;
    -*) wm_options="$wm_options $1" ;;
    FORCE=0 | FORCE=no | FORCE=false | FORCE=) wm_force='' ;;
    SUM=*) export SUM="${1#SUM=}" ;;
    FORCE=*) wm_force=1 ;;
    status | summary) exec sh "$wm_here/drive.sh" "$1" "$wm_dir" ninja ;;
    clean) exec sh "$wm_here/drive.sh" clean "$wm_dir" ;;
    WHY=*) export "WHY=${1#WHY=}" ;;
    TEXT=*) export "TEXT=${1#TEXT=}" ;;
    FILE=*) export "FILE=${1#FILE=}" ;;
    answer-*) if [ -e "$wm_dir/$1/task.md" ]; then wm_goals="$wm_goals $1"; else wm_decision=$1; fi ;;
    reject-*) wm_decision=$1 ;;
    approve-* | pin-* | unpin-* | undo-* | redo-*) WAVEMAKE_BY="sh $wm_here/ninja.sh " exec sh "$wm_here/drive.sh" "$1" "$wm_dir" ;;
    *) wm_goals="$wm_goals $1" ;;
  esac
  shift
done
[ -z "$wm_decision" ] || WAVEMAKE_BY="sh $wm_here/ninja.sh " exec sh "$wm_here/drive.sh" "$wm_decision" "$wm_dir"
[ -n "$wm_chatty" ] || wm_options="--quiet $wm_options"

# look_for AGENT FILE: ninja does not know the files that agents write, because it would remove them when it is stopped.
look_for() {
  case " $wm_options " in *' -n '*) return ;; esac
  [ -e "./${1#* }" ] || [ -e "$wm_dir/${1%% *}/.skipped" ] || rm -f "$wm_dir/${1%% *}/.answer" "$wm_dir/${1%% *}/.ended"
}

# look_again AGENT N FILE: has the file of its condition appeared or disappeared?
look_again() {
  wm_me=$wm_dir/${1%% *}
  set -- "$wm_me/.seen-${2%% *}" "./${2#* }"
  if [ -e "$1" ]; then [ -e "$2" ] || ask_again; else [ ! -e "$2" ] || ask_again; fi
}

ask_again() {
  case " $wm_options " in *' -n '*) return ;; esac
  rm -f "$wm_me/.answer" "$wm_me/.ended"
}

while read -r wm_word wm_value; do
  case $wm_word in
    makes) look_for "$wm_value" ;;
    sees) look_again "${wm_value%% *}" "${wm_value#* }" ;;
    asks) wm_me=$wm_dir/$wm_value && ask_again ;;
    leaves) break ;;
  esac
done <"$wm_here/plan" || exit 2
if ! command -v ninja >/dev/null 2>&1; then
  echo 'wavemake: ninja is not installed: pip install ninja, or compile the plan for make' >&2
  exit 2
fi
case $(ninja --version 2>/dev/null) in
  0.* | 1.[0-9] | 1.[0-9].* | 1.10 | 1.10.*)
    echo "wavemake: ninja 1.11 or newer is needed, and this one is $(ninja --version): pip install --upgrade ninja" >&2
    exit 2 ;;
esac
WAVEMAKE_NINJA="-k0 $wm_options" exec sh "$wm_here/drive.sh" run "$wm_dir" ninja "$wm_goals" "$wm_force"
