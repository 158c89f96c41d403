# Whether make may trust the times of files, and what is done if it may not.
# shellcheck shell=sh disable=SC2154,SC2034 # it is sourced by drive.sh
#
# Times show what is stale on the disk on which agents ran, as long as only edits change files.  git, copies,
# archives and clocks give a file any time at all.  DIR/.trusted holds its own inode, so that a copy of it is known as
# one; since its time, nothing but edits may have changed what agents read.  If that is in doubt, the files are compared
# with the keys, by content: answers that fit get a fresh time, all others the oldest.
#
# All paths are relative to the project's folder, which is the current one.

# find_index: sets $wm_index to the index of the git repository that the project is in, or to nothing.
find_index() {
  wm_index='' wm_up=.
  until [ -e "$wm_up/.git" ]; do
    # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
    [ ! "$wm_up" -ef / ] || return 0
    wm_up=$wm_up/..
  done
  if [ -d "$wm_up/.git" ]; then
    wm_index=$wm_up/.git/index
  elif [ -f "$wm_up/.git" ] && IFS= read -r wm_line <"$wm_up/.git"; then # a worktree, or a submodule
    wm_line=${wm_line#gitdir: }
    case $wm_line in /*) ;; *) wm_line=$wm_up/$wm_line ;; esac
    wm_index=$wm_line/index
  fi
}

# look_at_times: sets $wm_doubt to the answers whose times cannot be trusted, and $wm_changed to the files concerned, a
# path a line:
#   all   all answers: this is a copy, or the first look
#   git   what has changed since the marker's time; $wm_changed is not set
#   some  those that depend on the files that agents read and that changed since then
# or to nothing; and $wm_ahead, if our own files have times in the future.
look_at_times() {
  wm_doubt=all wm_changed='' wm_ahead='' wm_marker=$wm_dir/.trusted
  [ -f "$wm_marker" ] && { read -r wm_inode _ <"$wm_marker"; } 2>/dev/null || return 0
  if is_to_come "$wm_marker"; then wm_ahead=1 && return 0; fi
  newer_inputs || return 0
  forget_later_inputs
  find_index
  # git rewrites its index whenever it has written files; one of the same time may have been written after it.
  # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
  if [ -n "$wm_index" ] && [ -e "$wm_index" ] && [ ! "$wm_index" -ot "$wm_marker" ]; then
    wm_doubt=git
  elif [ -n "$wm_changed" ]; then
    wm_doubt=some
  else
    wm_doubt=''
  fi
}

# is_to_come FILE: is its time in the future, because the clock was set back?  An edit made now would look old.
is_to_come() {
  # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
  if [ -e "$wm_proc/self" ]; then
    [ "$wm_proc/self" -ot "$1" ]
  elif [ -z "$wm_watching" ] && printf '' >"$wm_dir/.clock"; then
    [ "$wm_dir/.clock" -ot "$1" ]
  else
    return 1
  fi
} 2>/dev/null

# newer_inputs: sets $wm_changed to the files that agents read and that have changed since the marker's time, whatever
# time they claim.  Fails if the marker is a copy.  Of files that changed in one tick, ls names the marker last.
newer_inputs() {
  set -f
  IFS=$wm_nl
  # shellcheck disable=SC2012,SC2046
  wm_changed=$(LC_ALL=C ls -ditc "$wm_marker" $(inputs) 2>/dev/null | until_marker)
  IFS=$wm_blanks
  set +f
  # More files than a command can name.
  [ -n "$wm_changed" ] || wm_changed=$(quoted_inputs | in_batches)
  case $wm_changed in
    "=$wm_inode $wm_marker") wm_changed='' ;;
    *"=$wm_inode $wm_marker") wm_changed=$(printf '%s\n' "$wm_changed" | grep -v '^=') ;;
    *) return 1 ;;
  esac
}

# forget_later_inputs: if an edit has a later time than any answer, make notices it without help.
forget_later_inputs() {
  wm_older='' wm_last=$wm_dir/events.jsonl
  [ -e "$wm_last" ] || wm_last=$wm_marker
  set -f
  IFS=$wm_nl
  for wm_path in $wm_changed; do
    if [ -h "$wm_path" ] || [ ! "$wm_marker" -ot "$wm_path" ] || [ ! "$wm_last" -ot "$wm_path" ] ||
      is_made "$wm_path"; then
      wm_older=$wm_older$wm_path$wm_nl
    fi
  done
  IFS=$wm_blanks
  set +f
  wm_changed=${wm_older%"$wm_nl"}
}

# is_made PATH: is it a file that agents have edited?  Their edits may be recorded already.
is_made() {
  if [ ! -f "$wm_dir/.edits" ]; then return 1; fi
  while IFS= read -r wm_line; do
    [ "$wm_line" != "$1" ] || return 0
  done <"$wm_dir/.edits"
  return 1
}

# until_marker: of lines `INODE PATH`, the paths before the marker; and of the marker `=INODE PATH`.
until_marker() {
  while IFS=' ' read -r wm_number wm_path; do
    [ "$wm_path" != "$wm_marker" ] || { printf '=%s %s\n' "$wm_number" "$wm_path" && return; }
    printf '%s\n' "$wm_path"
  done
}

# in_batches: the same, of the files that its input names as words for xargs.
in_batches() {
  # shellcheck disable=SC2016 # sh's own
  xargs sh -c 'LC_ALL=C ls -ditc "$0" "$@" 2>/dev/null | while read -r number path; do
    [ "$path" != "$0" ] || { echo "=$number $path" && break; }
    printf "%s\n" "$path"
  done' "$wm_marker"
}

# inputs: the plan, and the files that agents read or write, ./PATH a line.  read_plan says whether there are such files.
inputs() {
  find_cells .files
  if [ -z "$wm_files$wm_found" ]; then
    case $wm_plan in '') ;; *) printf './%s\n' "${wm_plan#./}" ;; esac
    return
  fi
  LC_ALL=C sed -n -e 's/^file //p' -e 's,^plan \./,./,p' -e t -e 's,^plan ,./,p' "$wm_here/plan"
  for wm_name in $wm_found; do cat "$wm_name"; done
}

# find_cells FILE: sets $wm_found to that file of each agent whose cells a run makes, a line each.  read_plan says which
# agents these are.
find_cells() {
  wm_found=''
  wm_split=$IFS
  IFS=$wm_nl
  for wm_name in ${wm_stages:-}; do
    [ ! -f "$wm_dir/$wm_name/$1" ] || wm_found=$wm_found$wm_dir/$wm_name/$1$wm_nl
  done
  IFS=$wm_split
}

quoted_inputs() { inputs | LC_ALL=C sed 's/[^A-Za-z0-9_./-]/\\&/g'; }

# --- the audit --------------------------------------------------------------

# is_dated: does its time show whether the plan is newer than the compiled rules?  Reads what read_plan sets.
is_dated() {
  case $wm_doubt in all | git) return 1 ;; esac
  case $wm_nl$wm_changed$wm_nl in *"$wm_nl./${wm_plan#./}$wm_nl"*) return 1 ;; esac
}

# audit: compares the doubtful answers with their keys, and sets their times accordingly.  $wm_verdicts has a line for
# each agent that was judged.  Under -n and -q ($wm_watching) only a scratch folder is written.
audit() {
  wm_verdicts=''
  if [ -n "$wm_doubt" ]; then look_closer; fi
}

look_closer() {
  # Words, split at blanks.
  wm_digest=sha256sum
  command -v sha256sum >/dev/null 2>&1 || wm_digest='shasum -a 256'
  remove_endless || return 0
  wm_n=0 wm_scratch=${TMPDIR:-/tmp}/wavemake-audit.$$
  # One that was killed may have had this pid, and has left its folder.
  until (umask 077 && mkdir "$wm_scratch" 2>/dev/null); do
    wm_n=$((wm_n + 1)) wm_scratch=${TMPDIR:-/tmp}/wavemake-audit.$$.$wm_n
    [ "$wm_n" -lt 10 ] || { printf 'wavemake: cannot make the folder %s: the times of files are trusted\n' "$wm_scratch" >&2 && return 1; }
  done
  odd_inputs '' ./ >"$wm_scratch/odd"
  if [ -n "$wm_watching" ]; then
    judge
  elif new_marker; then
    if judge && note_edits && date_answers; then mv -f "$wm_next" "$wm_marker"; else rm -f "$wm_next"; fi
  fi
  rm -rf "$wm_scratch"
}

# remove_endless: an agent may have put a FIFO or a device where a file belongs, or a link to one: reading that may take
# for ever.  Where nothing may be written, fails if there is one.
remove_endless() {
  (cd "$wm_dir" && find -L . -path './*/*/*' -prune -o ! -type f ! -type d ! -type l -print 2>/dev/null) | {
    while IFS= read -r wm_path; do
      if [ -n "$wm_watching" ]; then exit 1; fi
      rm -f "$wm_dir/$wm_path"
    done
  }
}

# note_edits: git does not keep the list of the files that agents have edited; their keys have it.
note_edits() {
  if [ ! -f "$wm_scratch/edits" ]; then return; fi
  { cat "$wm_dir/.edits" 2>/dev/null; cat "$wm_scratch/edits"; } | LC_ALL=C sort -u >"$wm_scratch/all" &&
    cp "$wm_scratch/all" "$wm_dir/.edits"
}

# new_marker: its time is that at which the files are looked at.
new_marker() {
  wm_next=$wm_dir/.new.$$
  # shellcheck disable=SC2012
  { printf '' >"$wm_next" && wm_inode=$(ls -di "$wm_next"); } 2>/dev/null || return 1
  # Some pad the number.
  printf '%s\n' "${wm_inode%" $wm_next"}" >"$wm_next"
}

judge() {
  find_cells cells.json
  IFS=$wm_nl
  # shellcheck disable=SC2086 # a path a line
  set -- $wm_found "$wm_dir/manifest.json"
  IFS=$wm_blanks
  case $wm_doubt in
    git) all_that_count "$@" | in_batches | grep -v '^=' ;;
    some) printf '%s\n' "$wm_changed" ;;
  esac >"$wm_scratch/changed"
  [ ! -s "$wm_scratch/odd" ] || set -- "$wm_scratch/odd" "$@"
  if [ "$wm_doubt" != all ]; then
    [ -s "$wm_scratch/changed" ] || return 0
    set -- "$@" "$wm_scratch/changed"
  fi
  wm_verdicts=$(LC_ALL=C awk -v program=audit -v dir="$wm_dir" -v out="$wm_scratch" -v digest="$wm_digest" -v doubt="$wm_doubt" \
    -f "$wm_here/lib.awk" "$@")
}

# all_that_count MANIFEST...: every file that a key is about, as words for xargs.
all_that_count() {
  LC_ALL=C awk -v dir="./$wm_dir" '/^ *\{"name":"/ {
    split($0, part, "\"")
    me = dir "/" part[4]
    print me "/task.md " me "/output.md " me "/changes.patch " me "/key " me "/approved"
  }' "$@"
  quoted_inputs
}

# --- the times that make compares -------------------------------------------

# date_answers: answers that do not fit get the oldest time.  Those that fit keep their time if only some files were in
# doubt and make does not find them older than their inputs: so a user's own rule that depends on them does not run.
date_answers() {
  answers_that stale conflict | LC_ALL=C sed "s|.*|$wm_dir/&/output.md|" >"$wm_scratch/stale"
  answers_that conflict | LC_ALL=C sed "s|.*|$wm_dir/&/.conflict|" | while IFS= read -r wm_path; do : >"$wm_path"; done
  if [ -s "$wm_scratch/stale" ]; then
    each_of touch -t 198001020000 <"$wm_scratch/stale"
    LC_ALL=C sed 's|output\.md$|.ended|p; s|\.ended$|.answer|' "$wm_scratch/stale" | each_of rm -f
  fi
  if [ -n "$wm_ahead" ]; then
    answers_that fresh kept stale conflict | LC_ALL=C sed "s|.*|$wm_dir/&/task.md|" | each_of touch -c -r "$wm_next"
  fi
  if [ "$wm_doubt" = all ]; then
    answers_that fresh kept
  elif [ -f "$wm_scratch/sources" ]; then
    date_where_older <"$wm_scratch/sources"
  fi >"$wm_scratch/fresh"
  if [ -s "$wm_scratch/fresh" ]; then date_fresh; fi
}

# each_of COMMAND...: runs it on the files named on standard input, as words for xargs.
each_of() {
  wm_words=$(cat)
  case $wm_words in
    '') ;;
    *[!A-Za-z0-9_.,:@+=/"$wm_nl"-]*) printf '%s\n' "$wm_words" | xargs "$@" ;;
    *)
      # shellcheck disable=SC2086 # a word a line
      if [ "${#wm_words}" -lt 20000 ]; then "$@" $wm_words; else printf '%s\n' "$wm_words" | xargs "$@"; fi ;;
  esac
}

# answers_that VERDICT...: the agents of these verdicts, a line each.
answers_that() {
  wm_script=''
  for wm_word; do
    case $wm_nl$wm_verdicts in *"$wm_nl$wm_word "*) wm_script="$wm_script;s/^$wm_word \([^ ]*\).*/\1/p" ;; esac
  done
  [ -z "$wm_script" ] || printf '%s\n' "$wm_verdicts" | LC_ALL=C sed -n "${wm_script#;}"
}

# date_where_older: of blocks of lines, an agent and what its answer is made from, dates the answers that are older.
# Past a hundred it names the agents instead, to be dated at once.
date_where_older() {
  wm_count=0
  while IFS= read -r wm_agent; do
    wm_me=$wm_dir/$wm_agent wm_old=''
    while IFS= read -r wm_path && [ -n "$wm_path" ]; do
      if [ "$wm_me/output.md" -ot "$wm_path" ] && ! is_seen_by_ninja "$wm_path"; then wm_old=1; fi
    done
    if [ -e "$wm_me/.ended" ] && [ "$wm_me/.ended" -ot "$wm_me/output.md" ]; then wm_old=1; fi
    if [ "$wm_count" -ge 100 ]; then
      echo "$wm_agent"
    elif [ -n "$wm_old" ]; then
      wm_count=$((wm_count + 1))
      echo "$wm_agent"
      touch -r "$wm_next" "$wm_me/output.md"
    fi
  done
}

# is_seen_by_ninja PATH: does ninja's log decide about this edit?  restat keeps an answer older than its input; a fresh
# time would make its readers run.
is_seen_by_ninja() {
  case $1 in "$wm_dir"/*) return 1 ;; esac
  # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
  [ "$wm_make" = ninja ] && [ -e "$wm_dir/.ninja_log" ] && [ ! -h "$1" ] && [ "$wm_marker" -ot "$1" ] && ! is_made "$1"
}

# date_fresh: dates the answers of the agents in $wm_scratch/fresh, the files that they wrote, and their stand-ins.
date_fresh() {
  LC_ALL=C sed "s|.*|$wm_dir/&/output.md|" "$wm_scratch/fresh" | each_of touch -c -r "$wm_next"
  if [ -f "$wm_scratch/own" ]; then
    LC_ALL=C awk 'FNR == NR { fresh[$0]; next } $1 in fresh { print substr($0, length($1) + 2) }' \
      "$wm_scratch/fresh" "$wm_scratch/own" | each_of touch -c -r "$wm_next"
  fi
  set -- .ended "$wm_scratch/tolerated"
  [ -f "$2" ] || set --
  if [ "$wm_make" = ninja ]; then
    # ninja's log has times that are gone.
    rm -f "$wm_dir/.ninja_log"
    link_answers .answer <"$wm_scratch/fresh"
    [ "$#" = 0 ] || grep -Fx -f "$2" "$wm_scratch/fresh" | link_answers .ended
  elif [ "$#" != 0 ]; then
    grep -Fx -f "$2" "$wm_scratch/fresh" | LC_ALL=C sed "s|.*|$wm_dir/&/.ended|" | each_of touch -r "$wm_next"
  fi
}

# link_answers NAME: of each agent that is named.
link_answers() {
  if command -v perl >/dev/null 2>&1; then
    # shellcheck disable=SC2016 # perl's own
    perl -e '($dir, $name) = @ARGV; while (<STDIN>) { chomp; symlink "output.md", "$dir/$_/$name" }' "$wm_dir" "$1"
  else
    while IFS= read -r wm_agent; do
      [ -h "$wm_dir/$wm_agent/$1" ] || ln -s output.md "$wm_dir/$wm_agent/$1"
    done
  fi
}

# tell_of_audit: reports what a person has to know about it.
tell_of_audit() {
  if [ -n "$wm_quiet$wm_watching" ]; then return; fi
  case $wm_nl$wm_verdicts in *"${wm_nl}stale "* | *"${wm_nl}conflict "*) ;; *) return ;; esac
  # If only one file was edited, make finds what it affects.
  printf '%s\n' "$wm_verdicts" | LC_ALL=C awk -v dir="$wm_dir" -v doubt="$wm_doubt" '
    { tally[$1]++; count++ }
    $1 == "conflict" && shown++ < 20 {
      print "wavemake: " $2 ": " dir "/" $2 "/" $3 " has the marks of a merge conflict"
    }
    END {
      if (tally["stale"] && doubt != "some")
        print "wavemake: the times of files cannot be trusted" (doubt == "git" ? ": git has written some" : " here yet") "; by content, " tally["stale"] " of " count (count == 1 ? " answer is" : " answers are") " out of date"
    }'
}

# audit_alone [dry|verdicts]: a user's own Makefile calls it while it is read.  Prints the agents that are stale by
# content.  With an argument nothing is written; `verdicts` prints the verdict on each agent.
audit_alone() {
  wm_watching=${1:-} wm_quiet='' wm_make=make
  read_plan
  look_at_times
  audit
  # Its time may be that of another checkout.
  [ -n "$wm_watching" ] || is_dated || rm -f "$wm_dir/.plan"
  if [ "$wm_watching" = verdicts ]; then printf '%s' "${wm_verdicts:+$wm_verdicts$wm_nl}" && return; fi
  tell_of_audit >&2
  answers_that stale conflict
}
