# Puts an answer in place, and what it was paid for.
# shellcheck shell=sh disable=SC2154,SC2034,SC1091 # it is sourced by agent.sh

# accept: the new key, which carries the new output's checksum, goes first and the output last: after a kill
# between them the key's checksum tells finish_acceptance that the output in .try is its own.
# What cannot be written keeps the attempt: it was paid for.
accept() {
  enter_ending
  kept=1
  remember_own_files
  set -- "$try/output.md"
  [ ! -f "$me/output.md" ] || set -- "$@" "$me/output.md"
  IFS=$nl
  sums=$(LC_ALL=C $digest "$@") || fail "cannot read its output"
  IFS=$blanks
  paid_for="${key}output ${sums%% *}$nl"
  printf '%s' "$paid_for$checks" >"$try/key" || fail "cannot write: is the disk full?"
  same=''
  if [ "$#" = 2 ]; then
    old=${sums#*"$nl"}
    if [ "${old%% *}" = "${sums%% *}" ]; then same=1; else keep_old "${old%% *}"; fi
  fi
  outcome="done" why=''
  if [ "$approve" = after ]; then ask_approval; fi
  date_output || fail "cannot set the time of its output"
  measure "$outcome" "$why"
  write_status "$try/status.json" || fail "cannot write its status: is the disk full?"
  move_accepted
  announce "$outcome" "$why"
  kept=''
  if [ "$outcome" = "done" ]; then leave 0; else leave 1; fi
}

# date_output: gives the answer the time by which make judges it.
date_output() {
  if [ "$outcome" != "done" ]; then
    touch -t 198001020000 "$try/output.md"
  elif [ -n "$same" ] && [ -n "$restat" ]; then
    touch -r "$me/output.md" "$try/output.md"
  else
    LC_ALL=C touch -r "$me/.stamp" "$try/output.md"
  fi
}

ask_approval() {
  . "$here/hold.sh"
  if approved "$paid_for"; then return; fi
  outcome=waiting why=$(how_to_approve)
  printf '%s' "$paid_for" >"$me/.waiting"
}

# remember_own_files: a file that an agent both reads and writes is known to it as it left it.
remember_own_files() {
  case $links in *'read file '*) ;; *) return ;; esac
  if [ -z "$outputs" ]; then return; fi
  inputs=''
  set -f
  IFS=$nl
  for line in $key; do
    name=${line#read ./}
    name=${name% *}
    case $line,$nl$outputs in
      'read ./'*,*"$nl$name$nl"*) sum=$($digest "./$name") && line="read ./$name ${sum%% *}" ;;
    esac
    inputs=$inputs$line$nl
  done
  IFS=$blanks
  set +f
  key=$inputs
  printf '%s' "$key" >"$try/inputs" || fail "cannot write: is the disk full?"
}

move_accepted() {
  set --
  for name in key prompt.md result.json status.json output.md; do
    [ ! -f "$try/$name" ] || set -- "$@" "$try/$name"
  done
  if LC_ALL=C mv -f "$@" "$me/"; then return; fi
  # mv goes on after a file that it cannot move: an old key must not vouch for a new output.
  [ -f "$try/output.md" ] || rm -f "$me/key"
  kept=1
  fail "cannot replace its output"
}

# finish_acceptance: a key in place whose output is still in .try: the move was cut short.
finish_acceptance() {
  if [ ! -f "$try/inputs" ] || [ ! -f "$me/key" ]; then return; fi
  inputs_of "$try/inputs"
  key=$inputs
  inputs_of "$me/key"
  if [ "$inputs" != "$key" ]; then return; fi
  IFS=$nl
  sum=$($digest "$try/output.md")
  IFS=$blanks
  [ "${sum%% *}" != "$paid" ] || move_accepted
}

# keep_old CHECKSUM: an output about to be replaced is kept; the last three, and all that a person edited.
keep_old() {
  [ -d "$me/history" ] || mkdir "$me/history"
  n=1
  for name in "$me"/history/*.md; do
    name=${name##*/}
    name=${name%%.*}
    case $name in *[!0-9]*) ;; *) [ "$name" -lt "$n" ] || n=$((name + 1)) ;; esac
  done
  suffix=''
  if [ -f "$me/key" ]; then inputs_of "$me/key"; fi
  [ "${paid:-}" = "$1" ] || suffix=.edited
  [ -z "$suffix" ] || say "$agent: its output, edited by hand, is kept as $me/history/$n$suffix.md"
  # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
  if [ "$me/output.md" -ef "$me/history/$((n - 1))$suffix.md" ]; then
    n=$((n - 1)) # An attempt that was killed has kept it already.
  else
    ln "$me/output.md" "$me/history/$n$suffix.md" 2>/dev/null ||
      cp -p "$me/output.md" "$me/history/$n$suffix.md" ||
      { rm -f "$me/history/$n$suffix.md"; fail "cannot keep the output that it replaces"; }
  fi
  set --
  for name in "$me"/history/*.md; do
    number=${name##*/}
    number=${number%.md}
    case $number in *[!0-9]*) ;; *) [ "$number" -gt $((n - 3)) ] || set -- "$@" "$name" ;; esac
  done
  [ "$#" = 0 ] || rm -f "$@"
}
