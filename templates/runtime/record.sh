# What runs write to DIR besides the agents' own files: events.jsonl, and in runs/ the records of earlier runs, and for
# each make at work .ended.RUN, which shows its progress, .spent.RUN and .forced.RUN.  No glob is expanded in DIR
# itself, which is as large as the plan.

# at_work FILE: is the make of this file, .ended.RUN or .spent.RUN, at work on this host?  Its pid may be in use again.
# Sets $wm_maker to the pid.
at_work() {
  wm_maker=${1##*.}
  case $wm_maker in
    make-*-*)
      set -- "${wm_maker##*-}"
      wm_maker=${wm_maker#make-} wm_maker=${wm_maker%-*}
      start_of "$wm_maker"
      [ "$wm_start_of" = "$1" ] ;;
    make-* | ninja-*)
      wm_maker=${wm_maker##*-}
      kill -0 "$wm_maker" 2>/dev/null ;;
    *)
      wm_maker=${wm_maker##*-}
      case $(command_of "$wm_maker") in *drive.sh*) return 0 ;; *) return 1 ;; esac ;;
  esac
}

# others_at_work RUN
others_at_work() {
  for wm_file in "$wm_dir"/runs/.ended.*; do
    if [ "$wm_file" != "$wm_dir/runs/.ended.$1" ] && at_work "$wm_file"; then return 0; fi
  done
  return 1
}

# is_unreported RUN: did agents end, in this run or in a make that is gone, without a summary that reports them?
is_unreported() {
  for wm_file in "$wm_dir"/runs/.ended.*; do
    if [ -s "$wm_file" ] && { [ "$wm_file" = "$wm_dir/runs/.ended.$1" ] || ! at_work "$wm_file"; }; then return 0; fi
  done
  return 1
}

# forget_counts RUN: removes its counts, and those of makes that are gone.
forget_counts() {
  set -- "$wm_dir/runs/.ended.$1" "$wm_dir/runs/.spent.$1" "$wm_dir/runs/.forced.$1" "$wm_dir/runs/.cells.$1"
  for wm_file in "$wm_dir"/runs/.ended.* "$wm_dir"/runs/.spent.* "$wm_dir"/runs/.forced.* "$wm_dir"/runs/.cells.*; do
    case $wm_file in *'*' | "$1" | "$2" | "$3" | "$4") ;; *) at_work "$wm_file" || set -- "$@" "$wm_file" ;; esac
  done
  rm -f "$@"
}

# keep_events RUN: moves the events before this run to a record of their own, runs/N.jsonl, unless another make is still
# writing events.
keep_events() {
  if others_at_work "$1"; then return; fi
  is_there "$wm_dir/events.jsonl" || :
  if ! { read -r _ && read -r _; } <"$wm_dir/events.jsonl"; then
    printf '' >"$wm_dir/events.jsonl" # a redirection of : that fails ends a shell
    return
  fi
  is_folder "$wm_dir/runs" || mkdir "$wm_dir/runs"
  # If two makes start at once, one of them does it.
  if ! (set -C && printf '%s\n' "$$" >"$wm_dir/runs/.turning"); then
    wm_pid=''
    read -r wm_pid <"$wm_dir/runs/.turning"
    kill -0 "${wm_pid:-$$}" || rm -f "$wm_dir/runs/.turning"
    return
  fi
  wm_last=0
  for wm_file in "$wm_dir"/runs/*.jsonl; do
    wm_number=${wm_file##*/}
    wm_number=${wm_number%.jsonl}
    case $wm_number in *[!0-9]*) ;; *) [ "$wm_number" -le "$wm_last" ] || wm_last=$wm_number ;; esac
  done
  wm_last=$((wm_last + 1))
  mv "$wm_dir/events.jsonl" "$wm_dir/runs/$wm_last.jsonl"
  rm -f "$wm_dir/runs/.turning"
  # Not at each run: it would take longer than many short runs.
  [ $((wm_last % 8)) != 0 ] || thin_out_records
} 2>/dev/null

# thin_out_records: keeps the last 50, 20 MB at most; oldest.jsonl keeps the costs of earlier ones.
thin_out_records() {
  if is_there "$wm_dir/runs/.ledger"; then thin_out_ledger; fi
  set --
  for wm_number in $(old_records); do set -- "$@" "$wm_dir/runs/$wm_number.jsonl"; done
  [ "$#" != 0 ] || return 0
  wm_file=$wm_dir/runs/oldest.jsonl
  {
    if is_there "$wm_file"; then tail -c 10000000 "$wm_file"; fi
    LC_ALL=C awk '/"event":"(run|start|attempt|end|run-end)"/' "$@"
  } >"$wm_file.new" && mv -f "$wm_file.new" "$wm_file" && rm -f "$@"
}

# old_records: the numbers of the records to remove, the oldest first.
old_records() {
  (cd "$wm_dir/runs" && find . -name '*.jsonl' -type f -exec wc -c {} +) | LC_ALL=C awk -v last="$wm_last" '
    { size[$2] = $1 }
    END {
      for (n = last; n > 0; n--) {
        name = "./" n ".jsonl"
        if (name in size && (++kept > 50 || (bytes += size[name]) > 20000000 && n < last)) old = n " " old
      }
      print old
    }'
}

# thin_out_ledger: the longest budget covers a month.
thin_out_ledger() {
  LC_ALL=C awk -v now="$(date +%s)" '$NF > now - 40 * 86400' "$wm_dir/runs/.ledger" >"$wm_dir/runs/.ledger.new" &&
    mv -f "$wm_dir/runs/.ledger.new" "$wm_dir/runs/.ledger"
}
