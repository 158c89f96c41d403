# The private folder of a run: outside the project, and outside everything that a launcher with a boundary shows to an
# agent.  It holds the exit statuses of attempts, the pids of their timers and leaders, the runtime as it was before an
# agent of the run could have changed it, the statuses (settled.sh), and `unmasked` if the environment of the run has no
# secret.

# make_private: makes it, or waits for the agent that does.
make_private() {
  if ! mkdir -m 700 "$wm_private" 2>/dev/null; then
    await_private
  elif fill_private; then
    forget_private
  fi
  wm_here=$wm_private
}

fill_private() {
  # The caller may have switched patterns off.
  if (set +f && exec cp "$wm_here"/* "$wm_private/"); then
    # Without the driver, nothing compares them.
    [ -n "$wm_own_private" ] || (cd "$wm_dir" && show_statuses >"$wm_private/statuses")
    ! is_unmasked || printf '' >"$wm_private/unmasked"
    printf '' >"$wm_private/ready" && return
  fi
  fail "cannot write in $wm_private: is the disk full?"
}

# await_private: waits until another agent of the run has made it; if that was killed, the next one makes it.
await_private() {
  # shellcheck disable=SC3067 # all the shells have it
  if [ ! -O "$wm_private" ] || [ ! -d "$wm_private" ] || [ -h "$wm_private" ]; then
    fail "cannot make the folder $wm_private: let TMPDIR name a folder in which you can write"
  fi
  wm_n=0
  until [ -f "$wm_private/ready" ]; do
    wm_n=$((wm_n + 1))
    if [ "$wm_n" -gt 50 ]; then fill_private; else nap; fi
  done
}

# forget_private: removes those of killed makes after a day.
forget_private() {
  case $- in *f*) return ;; esac
  now
  set --
  for wm_name in "${wm_private%/*}"/wavemake-*-*; do
    wm_day=${wm_name##*/wavemake-}
    case ${wm_day%%-*} in '' | *[!0-9]*) continue ;; esac
    if kill -0 "${wm_day##*-}" 2>/dev/null; then continue; fi
    # shellcheck disable=SC3067
    if [ -O "$wm_name" ] && [ "$((${wm_day%%-*} + 86400))" -lt "${wm_epoch%.*}" ]; then set -- "$@" "$wm_name"; fi
  done
  [ "$#" = 0 ] || rm -rf "$@"
}
