# Reads what compile wrote about the whole plan, and checks whether the plan has changed since.

# is_readable: an agent may have put something in place of what was compiled that hangs those who read it.
is_readable() {
  for wm_name in "$wm_dir/manifest.json" "$wm_here/plan" "$wm_here/lib.awk"; do
    if is_odd "$wm_name"; then
      printf 'wavemake: %s is not a regular file: remove it, and compile the plan again\n' "$wm_name" >&2
      return 1
    fi
  done
}

# read_plan: sets $wm_prefix (of goals), $wm_plan (its path, or nothing), $wm_sum (its checksum), $wm_typed (the
# command that compiles it again), $wm_again (that command's words, a line each, without the first), $wm_runners (the
# programs that agents need), $wm_makes (an agent and a file that it is to write, a line each), $wm_stages (the agents of
# which runs make cells), $wm_files (1 if agents read or write any) and $wm_leaves (how many answers have no readers;
# their names follow, then those files).
read_plan() {
  is_readable || exit 2
  wm_prefix='' wm_plan='' wm_sum='' wm_typed='' wm_again='' wm_runners='' wm_makes='' wm_workspaces='' wm_stages='' wm_files=''
  wm_leaves=0
  while IFS= read -r wm_line; do
    wm_value=${wm_line#* }
    case $wm_line in
      'prefix '*) wm_prefix=$wm_value ;;
      'plan '*) wm_plan=$wm_value ;;
      'checksum '*) wm_sum=${wm_sum:+merged}${wm_sum:-$wm_value} ;; # two of them come from a merge
      'typed '*) wm_typed=$wm_value ;;
      'again '*) wm_again=$wm_again$wm_value$wm_nl ;;
      'needs '*) wm_runners="$wm_runners $wm_value" ;;
      'makes '*) wm_makes=$wm_makes$wm_value$wm_nl ;;
      'cells '*) wm_stages=$wm_stages$wm_value$wm_nl ;;
      workspaces) wm_workspaces=1 ;;
      'files '*) wm_files=1 ;;
      'leaves '*) wm_leaves=$wm_value && return ;;
    esac
  done <"$wm_here/plan"
}

# has_changed: has the plan been edited since it was compiled?  The checksum decides: clones and editors change its
# time, and some clones its line ends.  Reads what read_plan sets.
has_changed() {
  if [ -z "$wm_sum" ] || [ ! -e "$wm_plan" ]; then return 1; fi
  if command -v sha256sum >/dev/null 2>&1; then
    wm_new=$(LC_ALL=C tr -d '\r' <"$wm_plan" | sha256sum)
  else
    wm_new=$(LC_ALL=C tr -d '\r' <"$wm_plan" | shasum -a 256)
  fi
  [ "$wm_sum" != "${wm_new%% *}" ]
}

# tell_of_change: reports an edited plan in a user's own Makefile.  DIR/.plan says that it was not edited, and
# DIR/.edited how to compile it: no agent is charged before that.
tell_of_change() {
  read_plan
  rm -f "$wm_dir/.edited"
  if has_changed; then
    printf 'wavemake: %s has changed since it was compiled: %s\n' "$wm_plan" "$wm_typed" >&2
    { printf '%s\n' "$wm_typed" >"$wm_dir/.edited"; } 2>/dev/null || :
  else
    { printf '' >"$wm_dir/.plan"; } 2>/dev/null || : # it is checked again
  fi
}
