# Writes DIR/summary.md from the manifest and each agent's status, and prints a short version.

# sum_up RUN SHOW: RUN is the run of which agents that were reused are distinguished from those done earlier; by
# SHOW, "status" lists every agent, "summary" shows the whole file.  Reads $wm_quiet, $wm_looked ("all": make has looked
# at every agent) and $wm_make, which is asked what it would look at otherwise.
sum_up() {
  wm_run=$1 wm_show=$2
  wm_colour=''
  [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && wm_colour=1
  if [ ! -d "$wm_dir/runtime" ]; then
    printf 'wavemake: %s is gone: compile the plan again (what the store has is not charged again)\n' "$wm_dir" >&2
    return 1
  fi
  is_readable || return 1
  if ! { printf '' >"$wm_dir/.summary.$$"; } 2>/dev/null; then
    printf 'wavemake: cannot write in %s: is the disk full, or read-only?\n' "$wm_dir" >&2
    return 1
  fi
  # It was not reported, so a later summary has to.
  if look_at_all && mv -f "$wm_dir/.summary.$$" "$wm_dir/summary.md"; then
    forget_counts "$wm_run"
  else
    rm -f "$wm_dir/.summary.$$"
    return 1
  fi
  [ "$wm_show" != summary ] || cat "$wm_dir/summary.md"
}

# look_at_all: examines every agent, and writes the summary.
look_at_all() {
  wm_stale=ask_make
  [ -z "$wm_looked" ] || wm_stale=:
  { put_back_statuses; find_facts "$wm_dir/manifest.json"; } | LC_ALL=C awk -v program=summary -f "$wm_here/lib.awk" dir="$wm_dir" run="$wm_run" quiet="$wm_quiet" \
    show="$wm_show" colour="$wm_colour" out="$wm_dir/.summary.$$" -
}
