# Checks an answer as the plan says.

# check FILE: runs every check of the agent on that answer.  The first that fails is in $wm_reason, what it printed
# in $wm_feedback, for the next try.
check() {
  set -f
  IFS=$wm_nl
  for wm_line in $wm_checks; do
    IFS=$wm_blanks
    wm_checked_now=$wm_line
    : >"$wm_try/checked"
    passes "$1" "${wm_line#check }" || { refuse_answer && break; }
    wm_checked_now=''
    IFS=$wm_nl
  done
  IFS=$wm_blanks
  set +f
}

# passes FILE CHECK: sets $wm_reason if it does not pass.
passes() {
  case $2 in
    json)
      LC_ALL=C awk -v program=valid -f "$wm_here/lib.awk" "$1" >"$wm_try/checked" 2>&1 ||
        wm_reason="the answer is not JSON" ;;
    'matches '*)
      grep -q -E -e "${2#* }" "$1" 2>"$wm_try/checked" || wm_reason="the answer does not match ${2#* }" ;;
    'schema '*)
      [ "$wm_runner" != rehearse ] || return 0
      set_schema "${2#schema }"
      if [ -z "$wm_reason" ] && ! LC_ALL=C awk -v schema_file="$wm_schema" -f "$wm_here/schema.awk" "$1" \
        >"$wm_try/fault" 2>"$wm_try/checked"; then
        plain "$(cat "$wm_try/fault")"
        wm_reason="the answer does not fit its schema: ${wm_clean:-it cannot be read}"
      fi ;;
    'ask '*)
      # shellcheck disable=SC1091 # it is linked only where a plan has a judge
      . "$wm_here/judge.sh"
      wm_word=${2#ask }
      judge_answer "$1" "${wm_word%% *}" "${wm_word#* }" ;;
    'sh '*)
      export WAVEMAKE_OUTPUT="${wm_workspace:+$PWD/}$1"
      # The status of the answer itself stays where it is: a kill from here on loses no answer.
      if [ -n "$wm_workspace" ] && [ -n "$wm_tree" ]; then
        # shellcheck disable=SC2016 # sh's own
        lead /dev/null "$1" "$wm_try/check.out" "$wm_try/checked" sh -c 'cd "$0" && exec sh -c "$1"' \
          "$PWD/$wm_tree/$wm_prefix" "${2#* }"
      else
        lead /dev/null "$1" "$wm_try/check.out" "$wm_try/checked" sh -c "${2#* }"
      fi
      cat "$wm_try/check.out" >>"$wm_try/checked"
      has_ended "$wm_rc" || :
      [ "$wm_status" = 0 ] || wm_reason="its check failed ($wm_status): ${2#* }" ;;
  esac
  [ -z "$wm_reason" ]
}

# set_schema "own SUM"|"file PATH": sets $wm_schema to the file of the schema; its own, which agents could change, must
# be as it was compiled.
set_schema() {
  wm_schema=./${1#file }
  case $1 in
    'own '*)
      wm_schema=$wm_home/schema.json
      sum_of "$wm_schema"
      case $wm_sum in "${1#own }"*) ;; *) wm_reason="its $wm_schema is not the one that was compiled: compile the plan again" ;; esac ;;
  esac
}

refuse_answer() {
  wm_printed='' wm_shown=''
  mask_or_fail "$wm_try/checked"
  if [ -s "$wm_try/checked" ]; then
    wm_printed='; the check printed:'
    fence_check
  fi
  {
    printf -- '--- %s%s\n' "$wm_reason" "$wm_printed"
    cat "$wm_try/checked"
  } >>"$wm_me/log.txt"
  wm_feedback="
# Your last answer was not accepted

$wm_reason.$wm_shown

Answer again, in full.
"
}

# fence_check: the output of a check may contain text of another agent: like inputs, it is put between lines that carry
# its checksum.  Sets $wm_shown.
fence_check() {
  tail -c 16000 "$wm_try/checked" >"$wm_try/tail" || fail "cannot write in $wm_me: is the disk full?"
  IFS=$wm_nl
  # shellcheck disable=SC2086 # shasum has words
  wm_sum=$(LC_ALL=C $wm_digest "$wm_try/tail")
  IFS=$wm_blanks
  wm_sum=${wm_sum%% *}
  wm_shown=" The check printed:

===== input what-the-check-printed $wm_sum =====
$(cat "$wm_try/tail")
===== end $wm_sum ====="
}
