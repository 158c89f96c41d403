#!/bin/sh
# Writes DIR/summary.md from the manifest and each agent's status, and says the short of it.
#
#   sh summary.sh DIR [RUN [QUIET [SHOW [LOOKED [MAKE]]]]]
#
#   RUN     of which agents that were reused are told apart from those done earlier; that of the make that calls
#   SHOW    "status" lists every agent, "summary" shows the whole file
#   LOOKED  "all": RUN has looked at every agent; "well": and has found an answer of each
#   MAKE    what is asked which agents it would look at: make, or ninja
# shellcheck disable=SC1091 # what it shares with drive.sh
set -u
dir=$1 run=${2:-} quiet=${3:-} show=${4:-} looked=${5:-} make=${6:-make}
here=$dir/runtime
. "$here/clock.sh"
. "$here/record.sh"
if [ -z "$run$show" ]; then name_run && looked=well; fi
if command -v sha256sum >/dev/null 2>&1; then
  digest='sha256sum'
else
  digest='shasum -a 256'
fi
colour=''
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] && colour=1

# Agents whose output a person wrote after they had failed.  A pattern would be too many words for a command.
mended() {
  (cd "$dir" && find . -path './*/*/*' -prune -o -name status.json -exec grep -l '"state":"failed"' {} +) 2>/dev/null |
    while IFS= read -r file; do
      agent=${file%/status.json}
      agent=${agent#./}
      # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
      if [ "$dir/$agent/output.md" -nt "$dir/$agent/status.json" ]; then echo "mended $agent"; fi
    done
}

# Agents that make would look at again, whatever it then does with them: the commands that it would run.
out_of_date() {
  if [ -n "$looked" ]; then return; fi
  unset MAKEFLAGS WAVEMAKE_FORCE
  if [ "$make" = ninja ]; then
    ninja -n -v -k0 -f "$dir/build.ninja"
  else
    prefix=$(sed -n 's/^  "prefix": "\(.*\)",$/\1/p' "$dir/manifest.json")
    "$make" -n -k -r -s -f "$dir/agents.mk" "$prefix-agents"
  fi 2>/dev/null | sed -n 's/^.*agent\.sh /stale &/p'
}

# tell_all: looks at every agent.
tell_all() {
  {
    mended
    out_of_date
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
  if [ "$looked" != well ] || [ ! -s "$dir/summary.md" ]; then return 1; fi
  # shellcheck disable=SC3013
  if [ "$dir/manifest.json" -nt "$dir/summary.md" ]; then return 1; fi
  for file in "$dir"/runs/.ended.*; do
    [ "$file" = "$dir/runs/.ended.$run" ] || return 1
  done
  LC_ALL=C awk -F'|' -f "$here/show.awk" -f "$here/rows.awk" -f "$here/amend.awk" dir="$dir" run="$run" \
    quiet="$quiet" digest="$digest" out="$dir/.summary.$$" "$dir/summary.md"
}

if ! { printf '' >"$dir/.summary.$$"; } 2>/dev/null; then
  printf 'wavemake: cannot write in %s: is the disk full, or read-only?\n' "$dir" >&2
  exit 1
fi
tell_what_ended || tell_all && mv -f "$dir/.summary.$$" "$dir/summary.md"
status=$?
# What was not told stays to be told.
if [ "$status" = 0 ]; then forget_counts "$run"; else rm -f "$dir/.summary.$$"; fi
if [ "$status" = 0 ] && [ "$show" = summary ]; then cat "$dir/summary.md"; fi
exit "$status"
