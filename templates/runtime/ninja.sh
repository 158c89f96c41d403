#!/bin/sh
# Runs agents with ninja: keeps going past failures and sums up, as the driver Makefile does with make.
#
#   sh DIR/runtime/ninja.sh [OPTION...] [GOAL...] [FORCE=1]
#
#   OPTION  ninja's own: -j4, -k1, -n, -v, -d explain     GOAL  an agent, wave-N, rerun-wave-N; none means all
#   FORCE   pay again for the goals named
#
# The driver Makefile's other goals are known as well: status, summary, clean, approve-, pin- and unpin-AGENT.
#
# Exit status: that of ninja.
set -u
here=${0%/*}
dir=${here%/*}
goals='' force='' options='' chatty=''
while [ "$#" -gt 0 ]; do
  case $1 in
    -[jkld]) options="$options $1 ${2:-}" && shift ;;
    -n | -v) options="$options $1" chatty=1 ;;
    -*) options="$options $1" ;;
    FORCE=0 | FORCE=no | FORCE=false | FORCE=) force='' ;;
    FORCE=*) force=1 ;;
    status | summary) exec sh "$here/summary.sh" "$dir" '' '' "$1" '' ninja ;;
    clean) exec sh "$here/clean.sh" "$dir" ;;
    approve-* | pin-* | unpin-*) exec sh "$here/hand.sh" "$dir" "$1" ;;
    *) goals="$goals $1" ;;
  esac
  shift
done
[ -n "$chatty" ] || options="--quiet $options"

# look_for AGENT FILE: ninja does not know the files that agents write, or it would remove them when it is stopped.
look_for() {
  case " $options " in *' -n '*) return ;; esac
  [ -e "./${1#* }" ] || rm -f "$dir/${1%% *}/.answer" "$dir/${1%% *}/.ended"
}

# What compile knows of the plan stands in comments at the head of the rules, a word on a line.
plan='' prefix='' runners=''
while IFS= read -r line; do
  case $line in
    '# from '*) plan=${line#\# from } ;;
    '# prefix '*) prefix=${line#\# prefix } ;;
    '# needs '*) runners="$runners ${line#\# needs }" ;;
    '# again '*) set -- "$@" "${line#\# again }" ;;
    '# makes '*) look_for "${line#\# makes }" ;;
    '') break ;;
  esac
done <"$dir/build.ninja" || exit 2
if ! command -v ninja >/dev/null 2>&1; then
  echo 'wavemake: ninja is not installed: pip install ninja, or compile the plan for make' >&2
  exit 2
fi
WAVEMAKE_NINJA="-k0 $options" exec sh "$here/drive.sh" "$dir" "$prefix" ninja "$plan" "$goals" "$force" "$runners" "$@"
