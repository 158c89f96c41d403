# The end of a run: puts back each status that was changed while it ran, and not by a recipe (settled.sh).

# find_statuses EXPRESSION: what find does with each status.json in this folder that is a file, and no larger than any
# that we write.  find is given the files: it would look into each folder.
find_statuses() (
  wm_test=$1
  set +f
  IFS=$wm_nl
  set -- ./*/status.json
  wm_statuses=$*
  # A name of several lines may look like another.
  printf '%s\n' "$wm_statuses" |
    LC_ALL=C awk '/^\.\/[A-Za-z0-9_][A-Za-z0-9._-]*\/status\.json$/ && !($0 in seen) { seen[$0]; print }' |
    LC_ALL=C xargs sh -c "find \"\$@\" -prune -type f -size -129 $wm_test" sh
) 2>/dev/null

# show_statuses: prints those of the agents in this folder, as `./AGENT/status.json:LINE` for each line, and `end`.
show_statuses() {
  find_statuses "-exec grep '' /dev/null {} +"
  echo end
}

# show_later_statuses: the same, but of those that were last changed before the run it prints only `./AGENT/status.json`,
# if find knows times of change.  Agents cannot set these.  Ten minutes more allow for the clock of a file server.
show_later_statuses() {
  wm_minutes=$((($(date +%s) - ${wm_run%%-*}) / 60 + 10))
  if [ "$wm_minutes" -ge 10 ] && find . -prune -cmin -1 >/dev/null 2>&1; then
    find_statuses "\\( -cmin -$wm_minutes -exec grep '' /dev/null {} + -o -print \\)"
    echo end
  else
    show_statuses
  fi
}

# find_changed: prints the agents whose status is another than a recipe wrote.  One that is being put in place is let be:
# its recipe was killed, or is of another make.
find_changed() {
  {
    printf 'now\n'
    (cd "$wm_dir" && show_later_statuses)
    printf 'before\n'
    cat "$wm_here/statuses"
    printf 'kept\n'
    # An empty one was written on a full disk.
    cd "$wm_here" && find . -name '=*' -type f \( -size 0 -exec printf '%s:?\n' {} \; -o -exec grep '' /dev/null {} + \)
  } 2>/dev/null | LC_ALL=C awk '
    $0 == "end" { complete = part; next }
    /^[a-z]+$/ { part = $0; next }
    {
      colon = index($0, ":")
      name = substr($0, 3, colon ? colon - 3 : length($0))
      text = substr($0, colon + 1) "\n"
    }
    part == "kept" {
      name = substr(name, 2)
      if (!(name in mark)) {
        mark[name] = substr(text, 1, 1)
        text = substr(text, 2)
      }
      is[name] = is[name] text
    }
    part != "kept" {
      if (!sub(/\/status\.json$/, "", name)) next
      if (part == "before") was[name] = was[name] text
      else if (colon) now[name] = now[name] text
      else same[name]
    }
    name ~ /^[A-Za-z0-9_][A-Za-z0-9._-]*$/ { names[name] }
    END {
      for (name in names) {
        if (name in same || (name in mark ? mark[name] != "=" : complete != "before")) continue
        if (now[name] != (name in mark ? is[name] : was[name])) print name
      }
    }' | LC_ALL=C sort
}

# put_back_statuses: does so, and prints `restored AGENT` for each.  Only the runtime of the private folder has something
# to compare with.
put_back_statuses() {
  if [ ! -f "$wm_here/ready" ] || [ ! -f "$wm_here/statuses" ]; then return; fi
  locate
  for wm_name in $(find_changed); do
    wm_empty=50
    if [ ! -d "$wm_dir/$wm_name" ] || [ -h "$wm_dir/$wm_name" ] || held "$wm_dir/$wm_name/.lock" || is_of_elsewhere; then continue; fi
    put_back || continue
    printf 'wavemake: %s: its status.json was changed, and not by its recipe: it is as it was again\n' "$wm_name" >&2
    printf 'restored %s\n' "$wm_name"
  done
}

# is_of_elsewhere: is it the status of a make on another host, or with another TMPDIR, which cannot record it here?
is_of_elsewhere() {
  read_status "$wm_dir/$wm_name/status.json"
  case $wm_line in *'"run":"'*) ;; *) return 1 ;; esac
  wm_line=${wm_line#*'"run":"'} wm_line=${wm_line%%'"'*}
  case $wm_line in '' | "$wm_run" | *[!A-Za-z0-9-]*) return 1 ;; esac
  [ -f "$wm_dir/runs/.ended.$wm_line" ] && [ ! -d "${wm_here%/*}/wavemake-$wm_line" ]
}

# put_back: of $wm_name.
put_back() {
  wm_file=$wm_dir/$wm_name/.status.$$
  if [ -s "$wm_here/=$wm_name" ]; then
    LC_ALL=C sed '1s/^=//' "$wm_here/=$wm_name"
  else
    LC_ALL=C awk -v head="./$wm_name/status.json:" 'index($0, head) == 1 { print substr($0, length(head) + 1) }' "$wm_here/statuses"
  fi >"$wm_file" || return 1
  is_there "$wm_dir/$wm_name/status.json" || :
  if [ -s "$wm_file" ]; then mv -f "$wm_file" "$wm_dir/$wm_name/status.json"; else rm -f "$wm_file" "$wm_dir/$wm_name/status.json"; fi
} 2>/dev/null
