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
wm_dir=$1 wm_run=${2:-} wm_quiet=${3:-} wm_show=${4:-} wm_looked=${5:-} wm_make=${6:-make}
wm_here=$wm_dir/runtime
. "$wm_here/clock.sh"
. "$wm_here/record.sh"
if [ -z "$wm_run$wm_show" ]; then name_run && wm_looked=well; fi
if command -v sha256sum >/dev/null 2>&1; then
  wm_digest='sha256sum'
else
  wm_digest='shasum -a 256'
fi
wm_colour=''
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] && wm_colour=1

# Agents whose output a person wrote after they had failed.  A pattern would be too many words for a command.
mended() {
  (cd "$wm_dir" && find . -path './*/*/*' -prune -o -name status.json -exec grep -l '"state":"failed"' {} +) 2>/dev/null |
    while IFS= read -r wm_file; do
      wm_agent=${wm_file%/status.json}
      wm_agent=${wm_agent#./}
      # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
      if [ "$wm_dir/$wm_agent/output.md" -nt "$wm_dir/$wm_agent/status.json" ]; then echo "mended $wm_agent"; fi
    done
}

# Agents that make would look at again, whatever it then does with them: the commands that it would run.
out_of_date() {
  if [ -n "$wm_looked" ]; then return; fi
  unset MAKEFLAGS WAVEMAKE_FORCE
  if [ "$wm_make" = ninja ]; then
    ninja -n -v -k0 -f "$wm_dir/build.ninja"
  else
    wm_prefix=$(sed -n 's/^  "prefix": "\(.*\)",$/\1/p' "$wm_dir/manifest.json")
    "$wm_make" -n -k -r -s -f "$wm_dir/agents.mk" "$wm_prefix-agents"
  fi 2>/dev/null | sed -n 's/^.*agent\.sh /stale &/p'
}

# tell_all: looks at every agent.
tell_all() {
  {
    mended
    out_of_date
    for wm_file in "$wm_dir"/*/files.json; do
      wm_agent=${wm_file%/files.json}
      [ ! -e "$wm_file" ] || echo "made ${wm_agent##*/}"
    done
    # shellcheck disable=SC2086
    cd "$wm_dir" && find . -name output.md ! -path '*/.try/*' -exec $wm_digest {} + 2>/dev/null
  } | LC_ALL=C awk -f "$wm_here/json.awk" -f "$wm_here/show.awk" -f "$wm_here/rows.awk" -f "$wm_here/summary.awk" \
    dir="$wm_dir" run="$wm_run" quiet="$wm_quiet" show="$wm_show" colour="$wm_colour" out="$wm_dir/.summary.$$" -
}

# tell_what_ended: looks at what this run ended, if all else is as the last summary tells.
tell_what_ended() {
  if [ "$wm_looked" != well ] || [ ! -s "$wm_dir/summary.md" ]; then return 1; fi
  # shellcheck disable=SC3013
  if [ "$wm_dir/manifest.json" -nt "$wm_dir/summary.md" ]; then return 1; fi
  for wm_file in "$wm_dir"/runs/.ended.*; do
    [ "$wm_file" = "$wm_dir/runs/.ended.$wm_run" ] || return 1
  done
  LC_ALL=C awk -F'|' -f "$wm_here/show.awk" -f "$wm_here/rows.awk" -f "$wm_here/amend.awk" dir="$wm_dir" \
    run="$wm_run" quiet="$wm_quiet" digest="$wm_digest" out="$wm_dir/.summary.$$" "$wm_dir/summary.md"
}

if ! { printf '' >"$wm_dir/.summary.$$"; } 2>/dev/null; then
  printf 'wavemake: cannot write in %s: is the disk full, or read-only?\n' "$wm_dir" >&2
  exit 1
fi
tell_what_ended || tell_all && mv -f "$wm_dir/.summary.$$" "$wm_dir/summary.md"
wm_status=$?
# What was not told stays to be told.
if [ "$wm_status" = 0 ]; then forget_counts "$wm_run"; else rm -f "$wm_dir/.summary.$$"; fi
if [ "$wm_status" = 0 ] && [ "$wm_show" = summary ]; then cat "$wm_dir/summary.md"; fi
exit "$wm_status"
