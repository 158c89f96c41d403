# What build.ninja calls for a plain ninja, which cannot do it itself.

# compile_for_ninja: compiles the plan again if it was edited.  A newer build.ninja then shows that this was checked.
compile_for_ninja() {
  wm_quiet=''
  read_plan
  if has_changed; then
    # shellcheck disable=SC2086 # a command line
    set -- ${WAVEMAKE:-wavemake}
    if ! command -v "$1" >/dev/null 2>&1; then
      printf 'wavemake: %s has changed, and %s is not installed to compile it again.\n' "$wm_plan" "$1" >&2
      printf 'wavemake: put it on the PATH, or run what was compiled: sh %s/ninja.sh\n' "$wm_here" >&2
      exit 1
    fi
    recompile "$@" || exit 1
  fi
  touch build.ninja
}

# end_goal RUN [AGENT]: sums up, and fails if that agent, or any, has no answer.
end_goal() {
  wm_make=ninja wm_looked='' wm_quiet=''
  [ -n "${2:-}" ] || wm_looked=all
  if is_unreported "$1"; then
    sum_up "$1" ''
  elif answered "${2:-}"; then
    say "nothing to do: all is up to date"
  fi
  answered "${2:-}"
}

# answered [AGENT]: does that agent, or every agent, have the link that ninja uses?
answered() {
  if [ -n "$1" ]; then
    [ -h "$wm_dir/$1/.answer" ]
  else
    LC_ALL=C sed -n 's/^ *{"name":"\([^"]*\)".*/\1/p' "$wm_dir/manifest.json" | {
      while read -r wm_name; do [ -h "$wm_dir/$wm_name/.answer" ] || exit 1; done
    }
  fi
}
