#!/bin/sh
# Writes DIR/summary.md from the manifest and each agent's status, and says the short of it.
#
#   sh summary.sh DIR [RUN [QUIET [SHOW [WELL]]]]
#
#   RUN   of which agents that were reused are told apart from those done earlier
#   SHOW  "status" lists every agent, "summary" shows the whole file
#   WELL  non-empty: RUN has found an answer of every agent
set -u
dir=$1 run=${2:-} quiet=${3:-} show=${4:-} well=${5:-}
here=$dir/runtime
if command -v sha256sum >/dev/null 2>&1; then
  digest='sha256sum'
else
  digest='shasum -a 256'
fi
colour=''
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] && colour=1

# Agents whose output a person wrote after they had failed.  A pattern would be too many words for a command.
mended() {
  find "$dir" \( -name .try -o -name history \) -prune -o -name status.json \
    -exec grep -l '"state":"failed"' {} + 2>/dev/null | while IFS= read -r file; do
    agent=${file%/status.json}
    # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
    if [ "$agent/output.md" -nt "$file" ]; then echo "mended ${agent##*/}"; fi
  done
}

# tell_all: looks at every agent.
tell_all() {
  {
    mended
    for file in "$dir"/*/files.json; do
      agent=${file%/files.json}
      [ ! -e "$file" ] || echo "made ${agent##*/}"
    done
    # shellcheck disable=SC2086
    cd "$dir" && find . -name output.md ! -path '*/.try/*' -exec $digest {} + 2>/dev/null
  } | LC_ALL=C awk -f "$here/json.awk" -f "$here/show.awk" -f "$here/rows.awk" -f "$here/summary.awk" \
    dir="$dir" run="$run" quiet="$quiet" show="$show" colour="$colour" out="$dir/.summary.$$" -
}

# tell_what_ended: looks at what this run ended, if all else is as the last summary tells.
tell_what_ended() {
  if [ -z "$well" ] || [ ! -s "$dir/summary.md" ]; then return 1; fi
  # shellcheck disable=SC3013
  if [ "$dir/manifest.json" -nt "$dir/summary.md" ]; then return 1; fi
  for file in "$dir"/.ended.*; do
    [ "$file" = "$dir/.ended.$run" ] || return 1
  done
  LC_ALL=C awk -F'|' -f "$here/show.awk" -f "$here/rows.awk" -f "$here/amend.awk" dir="$dir" run="$run" \
    quiet="$quiet" digest="$digest" out="$dir/.summary.$$" "$dir/summary.md"
}

# forget_counts: those of this run, and of makes that are gone.
forget_counts() {
  set -- "$dir/.summary.$$"
  for file in "$dir"/.ended.* "$dir"/.spent.*; do
    maker=${file##*.}
    case $maker in "$run" | '*') maker='' ;; make-*-*) maker=${maker%-*} ;; esac
    kill -0 "${maker##*-}" 2>/dev/null || set -- "$@" "$file"
  done
  rm -f "$@"
}

tell_what_ended || tell_all && mv -f "$dir/.summary.$$" "$dir/summary.md"
status=$?
# What was not told stays to be told.
if [ "$status" = 0 ]; then forget_counts; else rm -f "$dir/.summary.$$"; fi
if [ "$status" = 0 ] && [ "$show" = summary ]; then cat "$dir/summary.md"; fi
exit "$status"
