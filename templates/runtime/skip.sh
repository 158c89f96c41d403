# Whether an agent runs at all: the condition that its plan sets, and what becomes of a skipped agent.
#
# A skipped agent has a note in place of its answer, made from the same inputs, at no charge:
# `skipped REASON` stands in its key behind the checksum.  In a later pass of a loop it has the answer of the pass
# before instead: `carried REASON`.  DIR/AGENT/.skipped and .seen-N, for the Nth file of its condition, show make what
# the last look found.

# consider: ends here if the agent does not run.  FORCE does not override a condition.
consider() {
  wm_verdict='1 '
  if [ -n "$wm_follow" ] && all_skipped; then
    wm_verdict='0 all that it needs was skipped'
  elif [ -n "$wm_when" ]; then
    weigh "$wm_when"
  fi
  case $wm_verdict in 0*) skip "${wm_verdict#* }" ;; esac
  rm -f "$wm_me/.skipped"
  keep_time
}

# keep_time: an agent whose condition has a command is examined in every run.  As long as nothing changes, its readers
# are not.
keep_time() {
  case $wm_nl$wm_when in
    *"${wm_nl}command "*) if [ -s "$wm_me/output.md" ] && is_newest; then wm_restat=1; fi ;;
  esac
}

# all_skipped: has the agent read something, and was all of that skipped?  A list without items skips nothing.
all_skipped() {
  if [ -z "$wm_reads" ]; then return 1; fi
  for wm_name in $wm_reads; do
    was_skipped "$wm_name" || return 1
  done
}

# was_skipped AGENT: does it have a note in place of its answer?  A person may have written an answer since.
was_skipped() {
  { IFS= read -r wm_line <"$wm_dir/$1/output.md"; } 2>/dev/null || return 1
  case $wm_line in 'skipped: '*) ;; *) return 1 ;; esac
  while IFS= read -r wm_line; do
    case $wm_line in 'skipped '*) return 0 ;; esac
  done <"$wm_dir/$1/key"
  return 1
} 2>/dev/null

# --- the condition ----------------------------------------------------------

# weigh LINES: sets $wm_verdict to `1 REASON` if the condition holds, else to `0 REASON`.  Its parts come before the
# whole: their results are kept on a stack, the positional parameters, the last one first.
weigh() {
  wm_weighed=${1%"$wm_nl"}
  set --
  wm_sight=0
  while IFS= read -r wm_part_of; do
    case $wm_part_of in
      not)
        case $1 in
          1*) wm_verdict="0${1#1}" ;;
          *) wm_verdict="1${1#0}" ;;
        esac
        shift ;;
      'all '* | 'any '*)
        wm_n=${wm_part_of#* } wm_decides=1 wm_verdict='' wm_rest=''
        [ "${wm_part_of%% *}" = any ] || wm_decides=0
        while [ "$wm_n" -gt 0 ]; do
          case $1 in "$wm_decides "*) wm_verdict=$1 ;; *) wm_rest="${1#* }${wm_rest:+, and $wm_rest}" ;; esac
          wm_n=$((wm_n - 1))
          shift
        done
        wm_verdict=${wm_verdict:-$((1 - wm_decides)) $wm_rest} ;;
      'file '*) weigh_file "${wm_part_of#file }" ;;
      'command '*) weigh_command "${wm_part_of#command }" ;;
      *) weigh_answer "${wm_part_of%% *}" "${wm_part_of#* }" ;;
    esac
    set -- "$wm_verdict" "$@"
  done <<END
$wm_weighed
END
  wm_verdict=$1
}

# has_come_to_its_end: after the last pass of a loop, does the condition hold that ends it?  Sets $wm_why if not.
has_come_to_its_end() {
  weigh "$wm_until"
  case $wm_verdict in 1*) return 0 ;; esac
  wm_why="its loop has not come to its end in $wm_passes pass"
  [ "$wm_passes" = 1 ] || wm_why=${wm_why}es
  wm_why="$wm_why: ${wm_verdict#* }"
  return 1
}

weigh_file() {
  wm_sight=$((wm_sight + 1))
  if [ -e "./$1" ]; then
    wm_verdict="1 $1 exists"
    is_there "$wm_me/.seen-$wm_sight" || : >"$wm_me/.seen-$wm_sight"
  else
    wm_verdict="0 $1 does not exist"
    rm -f "$wm_me/.seen-$wm_sight"
  fi
}

weigh_command() {
  sh -c "$1" </dev/null >/dev/null 2>&1
  wm_status=$?
  if [ "$wm_status" = 0 ]; then wm_verdict="1 the command succeeded: $1"; else wm_verdict="0 the command failed ($wm_status): $1"; fi
}

# weigh_answer KIND "AGENT WORDS": an agent that failed, or was skipped, has no answer.
weigh_answer() {
  set -- "$1" "${2%% *}" "${2#* }" "$wm_dir/${2%% *}/output.md"
  if [ "$2" = "$wm_agent" ] && [ -f "$wm_try/output.md" ]; then set -- "$1" "$2" "$3" "$wm_try/output.md"; fi
  case $wm_lost in *" $2 "*) wm_verdict="0 $2 is not done" && return ;; esac
  if [ "$2" != "$wm_agent" ] && was_skipped "$2"; then
    wm_verdict="0 $2 was skipped"
  elif [ "$1" = matches ]; then
    if grep -q -E -e "$3" "$4" 2>/dev/null; then
      wm_verdict="1 a line of $2 matches $3"
    else
      wm_verdict="0 no line of $2 matches $3"
    fi
  else
    weigh_json "$2" "${3%% *}" "${3#* }" "$4"
  fi
}

# weigh_json AGENT PATH "HOW VALUE" FILE
weigh_json() {
  if wm_line=$(LC_ALL=C awk -v program=condition -f "$wm_here/lib.awk" "$2" "${3%% *}" "${3#* }" "$4"); then
    wm_verdict="1 in $1, $wm_line"
  else
    wm_verdict="0 in $1, ${wm_line:-nothing could be read}"
  fi
}

# --- the note ---------------------------------------------------------------

# skip REASON: puts the note in place like an answer; an answer that it replaces is kept.
skip() {
  enter_ending
  wm_tries=0
  clear_attempt
  wm_how=skipped
  if [ -n "$wm_carry" ] && [ -s "$wm_dir/$wm_carry/output.md" ] && ! was_skipped "$wm_carry"; then
    wm_how=carried
    cat "$wm_dir/$wm_carry/output.md"
  else
    printf 'skipped: %s\n' "$1"
  fi >"$wm_try/output.md" || fail "cannot write in $wm_me: is the disk full?"
  if [ -n "$wm_until" ] && ! has_come_to_its_end; then
    wm_kept=''
    fail "$wm_why"
  fi
  is_there "$wm_me/.skipped" || : >"$wm_me/.skipped"
  set -- "$1" "$wm_try/output.md"
  [ ! -f "$wm_me/output.md" ] || set -- "$@" "$wm_me/output.md"
  wm_why=$1 wm_outcome="done" wm_same=''
  shift
  IFS=$wm_nl
  wm_answer_sums=$(LC_ALL=C $wm_digest "$@") || fail "cannot read its output"
  IFS=$wm_blanks
  if [ "$#" = 2 ]; then
    wm_old=${wm_answer_sums#*"$wm_nl"}
    if [ "${wm_old%% *}" = "${wm_answer_sums%% *}" ]; then wm_same=1; else keep_old "${wm_old%% *}"; fi
  fi
  {
    printf '%s' "$wm_key" >"$wm_try/inputs" &&
      printf '%soutput %s\n%s %s\n%s' "$wm_key" "${wm_answer_sums%% *}" "$wm_how" "$wm_why" "$wm_task_file" >"$wm_try/key"
  } || fail "cannot write: is the disk full?"
  [ -z "$wm_workspace" ] || : >"$wm_try/changes.patch"
  [ -z "$wm_same" ] || keep_time
  date_output || fail "cannot set the time of its output"
  measure skipped "$wm_why"
  write_status "$wm_try/status.json" || fail "cannot write its status: is the disk full?"
  move_accepted
  announce skipped "$wm_why"
  leave 0
}
