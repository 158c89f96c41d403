# Writes DIR/summary.md from the manifest and each agent's status, and says the short of it.

# sum_up RUN SHOW: RUN is the run of which agents that were reused are told apart from those done earlier; by
# SHOW, "status" lists every agent, "summary" shows the whole file.  Reads $wm_quiet, $wm_looked ("all": make has looked
# at every agent) and $wm_make, which is asked what it would look at otherwise.
sum_up() {
  wm_run=$1 wm_show=$2
  wm_digest=sha256sum
  command -v sha256sum >/dev/null 2>&1 || wm_digest='shasum -a 256'
  wm_colour=''
  [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && wm_colour=1
  if ! { printf '' >"$wm_dir/.summary.$$"; } 2>/dev/null; then
    printf 'wavemake: cannot write in %s: is the disk full, or read-only?\n' "$wm_dir" >&2
    return 1
  fi
  # What was not told stays to be told.
  if look_at_all && mv -f "$wm_dir/.summary.$$" "$wm_dir/summary.md"; then
    forget_counts "$wm_run"
  else
    rm -f "$wm_dir/.summary.$$"
    return 1
  fi
  [ "$wm_show" != summary ] || cat "$wm_dir/summary.md"
}

# Agents whose output a person wrote after they had failed.  A pattern would be too many words for a command.  What an
# agent left that awk would wait for, a FIFO say, is removed.
mended() {
  (
    cd "$wm_dir" && find . -path './*/*/*' -prune -o -type f -name status.json -exec grep -l '"state":"failed"' {} + \
      -o ! -type f ! -type d ! -name .answer ! -name .ended -exec rm -f {} +
  ) 2>/dev/null |
    while IFS= read -r wm_file; do
      wm_name=${wm_file%/status.json}
      wm_name=${wm_name#./}
      # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
      if [ -e "$wm_dir/$wm_name/output.md" ] && [ ! "$wm_dir/$wm_name/output.md" -ot "$wm_dir/$wm_name/status.json" ]; then echo "mended $wm_name"; fi
    done
}

# Agents that make would look at again, whatever it then does with them: the commands that it would run.
out_of_date() {
  if [ -n "$wm_looked" ]; then return; fi
  unset MAKEFLAGS WAVEMAKE_FORCE
  if [ "$wm_make" = ninja ]; then
    ninja -n -v -k0 -f "$wm_dir/build.ninja"
  else
    read_plan
    "$wm_make" -n -k -r -s -f "$wm_dir/agents.mk" "$wm_prefix-agents"
  fi 2>/dev/null | LC_ALL=C sed -n 's/^.*agent\.sh /stale &/p'
}

# look_at_all: looks at every agent, and writes the summary.
look_at_all() {
  {
    mended
    out_of_date
    locate
    wm_empty=0
    for wm_name in "$wm_dir"/*; do
      if [ -e "$wm_name/files.json" ] && is_there "$wm_name/files.json"; then echo "made ${wm_name##*/}"; fi
      if [ -e "$wm_name/.lock" ] && held "$wm_name/.lock"; then echo "held ${wm_name##*/}"; fi
    done
    # shellcheck disable=SC2086 # shasum has words
    cd "$wm_dir" && find . -type f -name output.md ! -path '*/.try/*' -exec $wm_digest {} + 2>/dev/null
  } | LC_ALL=C awk -v program=summary -f "$wm_here/lib.awk" \
    dir="$wm_dir" run="$wm_run" quiet="$wm_quiet" show="$wm_show" colour="$wm_colour" out="$wm_dir/.summary.$$" -
}
