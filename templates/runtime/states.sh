# Collects the facts from which states.awk decides the state of every agent.

# find_facts MANIFEST: prints them, a line each.  Reads $wm_stale, which says how to find the agents that make would look at.
find_facts() {
  find_odd "$1"
  wm_digest=sha256sum
  command -v sha256sum >/dev/null 2>&1 || wm_digest='shasum -a 256'
  find_held
  $wm_stale
  # shellcheck disable=SC2086,SC2016 # shasum has words; the inner shell's own
  cd "$wm_dir" && find . -path './*/*/*' -prune -o -type f \( \
    -name output.md \( -size 0 -exec sh -c 'printf "empty %s\n" "$@"' sh {} + -o -exec $wm_digest {} + \) -print -o \
    -name status.json -print -o -name key -print -o -name pinned -print -o -name undone -print -o -name files.json -print -o \
    -name events.jsonl -print \) -o -name output.md ! -type f -exec printf 'strange %s\n' {} \; 2>/dev/null
}

# find_odd MANIFEST: the files that agents read, and that nobody should.  Its head says which folder is the project's.
find_odd() {
  wm_folder=/
  if [ -f "$1" ]; then
    while IFS= read -r wm_line; do
      case $wm_line in
        '  "folder": "'*'",') wm_folder=${wm_line#'  "folder": "'} wm_folder=${wm_folder%'",'} && break ;;
        *'{"name":'*) break ;;
      esac
    done <"$1"
  fi
  case $wm_dir in *"$wm_folder") ;; *) return ;; esac
  wm_folder=${wm_dir%"$wm_folder"}
  odd_inputs "odd " "${wm_folder:-./}"
}

# find_held: the agents that are at work.
find_held() {
  locate
  for wm_lock in "$wm_dir"/*/.lock; do
    wm_empty=50 # a lock that stays empty is not held
    if [ -f "$wm_lock" ] && held "$wm_lock"; then
      wm_lock=${wm_lock%/.lock}
      echo "held ${wm_lock##*/}"
    fi
  done
}

# ask_make: the agents that make would look at again, no matter with what result: the commands that it would run.
ask_make() {
  unset MAKEFLAGS WAVEMAKE_FORCE
  wm_watching=1
  read_plan
  look_at_times
  audit
  WAVEMAKE_STALE=$(answers_that stale conflict)
  export WAVEMAKE_STALE
  answers_that fresh kept | LC_ALL=C sed 's/^/fits /'
  answers_that stale conflict | LC_ALL=C sed 's/^/unfit /'
  if [ "$wm_make" = ninja ]; then
    ninja -n -v -k0 -f "$wm_dir/build.ninja"
  else
    "$wm_make" -n -k -r -s -f "$wm_dir/agents.mk" "$wm_prefix-agents"
  fi 2>/dev/null | LC_ALL=C sed -n 's/^.*agent\.sh /stale &/p'
}

# show_states MANIFEST: prints a line of JSON for each agent.  Lines "stale COMMAND" are its standard input.
show_states() {
  now
  wm_stale='cat'
  find_facts "$1" | LC_ALL=C awk -v program=states -f "$wm_here/lib.awk" dir="$wm_dir" manifest="$1" now="$wm_epoch" -
}
