# What runs leave in DIR beside the agents' own files: events.jsonl, and in runs/ the records of earlier runs, and for
# each make that is at work .ended.RUN, which says how far it is, and .spent.RUN.  No pattern is matched in DIR itself,
# which is as large as the plan.
# shellcheck shell=sh disable=SC2154 # it is sourced by drive.sh, summary.sh and clean.sh

# at_work FILE: does the make live on this host that the .ended.RUN or .spent.RUN belongs to?
at_work() {
  maker=${1##*.}
  case $maker in make-*-*) maker=${maker%-*} ;; esac
  kill -0 "${maker##*-}" 2>/dev/null
}

# others_at_work RUN
others_at_work() {
  for file in "$dir"/runs/.ended.*; do
    if [ "$file" != "$dir/runs/.ended.$1" ] && at_work "$file"; then return 0; fi
  done
  return 1
}

# is_untold RUN: did agents end, in this run or in a make that is gone, of which no summary tells?
is_untold() {
  for file in "$dir"/runs/.ended.*; do
    if [ -s "$file" ] && { [ "$file" = "$dir/runs/.ended.$1" ] || ! at_work "$file"; }; then return 0; fi
  done
  return 1
}

# forget_counts RUN: its counts, and those of makes that are gone.
forget_counts() {
  set -- "$dir/runs/.ended.$1" "$dir/runs/.spent.$1"
  for file in "$dir"/runs/.ended.* "$dir"/runs/.spent.*; do
    case $file in *'*' | "$1" | "$2") ;; *) at_work "$file" || set -- "$@" "$file" ;; esac
  done
  rm -f "$@"
}

# keep_events RUN: what agents did before this run becomes a record of its own, runs/N.jsonl, unless another make
# is still telling.
keep_events() {
  if others_at_work "$1"; then return; fi
  if ! { read -r _ && read -r _; } <"$dir/events.jsonl"; then
    printf '' >"$dir/events.jsonl" # a redirection of : that fails ends a shell
    return
  fi
  [ -d "$dir/runs" ] || mkdir "$dir/runs"
  last=0
  for file in "$dir"/runs/*.jsonl; do
    number=${file##*/}
    number=${number%.jsonl}
    case $number in *[!0-9]*) ;; *) [ "$number" -le "$last" ] || last=$number ;; esac
  done
  last=$((last + 1))
  mv "$dir/events.jsonl" "$dir/runs/$last.jsonl"
  # Not at each run: it takes longer than many a run that has little to do.
  [ $((last % 8)) != 0 ] || thin_out_records
} 2>/dev/null

# thin_out_records: the last 50 are kept, 20 MB at most.
thin_out_records() {
  (cd "$dir/runs" && wc -c ./*.jsonl) | awk -v last="$last" -v dir="$dir/runs" '
    { size[$2] = $1 }
    END {
      for (n = last; n > 0; n--) {
        name = "./" n ".jsonl"
        if (name in size && (++kept > 50 || (bytes += size[name]) > 20000000 && n < last)) print dir "/" n ".jsonl"
      }
    }' | xargs rm -f
}
