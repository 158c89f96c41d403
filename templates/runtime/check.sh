# Checks an answer, as the plan says.
# shellcheck shell=sh disable=SC2154,SC2034 # it is sourced by agent.sh

# check FILE: runs every check of the agent on that answer.  The first that fails is in $reason, what it printed
# in $feedback, for the next try.
check() {
  set -f
  IFS=$nl
  for line in $checks; do
    IFS=$blanks
    checked_now=$line
    : >"$try/checked"
    passes "$1" "${line#check }" || { refuse_answer && break; }
    checked_now=''
    IFS=$nl
  done
  IFS=$blanks
  set +f
}

# passes FILE CHECK: sets $reason if it does not.
passes() {
  case $2 in
    json)
      LC_ALL=C awk -f "$here/json.awk" -f "$here/valid.awk" "$1" >"$try/checked" 2>&1 ||
        reason="the answer is no JSON" ;;
    'matches '*)
      grep -q -E -e "${2#* }" "$1" 2>"$try/checked" || reason="the answer does not match ${2#* }" ;;
    'sh '*)
      export WAVEMAKE_OUTPUT="$1"
      # The status of the answer itself stays where it is: a kill from here on loses no answer.
      rc=$try/check.rc
      lead "$1" "$try/check.out" "$try/checked" sh -c "${2#* }"
      cat "$try/check.out" >>"$try/checked"
      read_exit
      [ "$status" = 0 ] || reason="its check failed ($status): ${2#* }" ;;
  esac
  [ -z "$reason" ]
}

refuse_answer() {
  printed='' shown=''
  if [ -s "$try/checked" ]; then
    printed='; the check printed:' shown=" The check printed:

$(tail -c 16000 "$try/checked")"
  fi
  {
    printf -- '--- %s%s\n' "$reason" "$printed"
    cat "$try/checked"
  } >>"$me/log.txt"
  feedback="
# Your last answer was not accepted

$reason.$shown

Answer again, in full.
"
}
