# The prompt of an attempt, and whether its inputs are still the same.

# changed: was an input replaced or edited since the stamp?  Then key and prompt may have different texts.  A file with
# the stamp's time may have been edited after it, because file times are coarse.  A file with a time in the future is
# not waited for.
changed() {
  for wm_name in $wm_reads; do
    wm_empty=0
    if held "$wm_dir/$wm_name/.lock"; then return 0; fi
  done
  wm_looks=$((wm_looks + 1)) wm_newer=''
  if [ "$wm_looks" -gt 3 ]; then return 1; fi
  set -f
  IFS=$wm_nl
  for wm_name in "$wm_me/task.md" $wm_paths; do
    # shellcheck disable=SC3013
    [ "$wm_name" -ot "$wm_me/.stamp" ] || wm_newer=1
  done
  IFS=$wm_blanks
  set +f
  [ -n "$wm_newer" ]
}

# look_again: was an input edited since the stamp?  Sets $wm_newer if one is newer, $wm_moved if that is none of the agent's
# own files ($wm_owned), and $wm_edited if the content of one has changed that has the very time of the stamp: if times
# are whole seconds, make would not see that edit.
look_again() {
  wm_doubtful='' wm_newer='' wm_moved='' wm_edited=''
  set -f
  IFS=$wm_nl
  # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
  for wm_name in "$wm_me/task.md" $wm_paths; do
    if [ "$wm_name" -ot "$wm_me/.stamp" ]; then continue; fi
    if [ "$wm_me/.stamp" -ot "$wm_name" ]; then wm_newer=1; fi
    case ${wm_owned:-$wm_nl$wm_outputs} in *"$wm_nl${wm_name#./}$wm_nl"*) continue ;; esac
    if [ "$wm_me/.stamp" -ot "$wm_name" ]; then wm_moved=1; else wm_doubtful=$wm_doubtful$wm_name$wm_nl; fi
  done
  # shellcheck disable=SC2086
  for wm_line in ${wm_doubtful:+$(LC_ALL=C $wm_digest $wm_doubtful 2>&1)}; do
    case $wm_nl$wm_sums$wm_nl in *"$wm_nl$wm_line$wm_nl"*) ;; *) wm_edited=1 ;; esac
  done
  IFS=$wm_blanks
  set +f
}

# --- the prompt -------------------------------------------------------------

# assemble: writes .try/prompt.md: the body of the task, then what is read.  Each block stands between lines
# that carry its checksum: no text can contain its own, so none can end its block and speak as the task.  The part that
# it shares with other agents is separate (prefix.sh).
assemble() {
  clear_attempt
  printf '%s' "$wm_key" >"$wm_try/inputs" || fail "cannot write in $wm_me: is the disk full?"
  read_head
  wm_own_part='' wm_common=''
  set -f
  IFS=$wm_nl
  # shellcheck disable=SC2086
  set -- $wm_sums
  wm_blocks='' wm_n=0 wm_end='' wm_how='' wm_seen_reads=0
  for wm_label in $wm_labels; do
    case $wm_label in
      'cut '* | 'by path') wm_how=$wm_label && continue ;;
      'lost read diff '*) ;;
      'lost read '*) say_lost "${wm_label##* }" ;;
      'lost '*) continue ;;
      'read '*) add_block "${wm_label#* }" "${1%% *}" "${1#* ?}" && shift ;;
      *) shift && continue ;;
    esac
    wm_how='' wm_seen_reads=$((wm_seen_reads + 1))
    [ "$wm_seen_reads" != "$wm_shares" ] || end_common
  done
  IFS=$wm_blanks
  printf '%s' "$wm_end$wm_asking$wm_answers$wm_rejection$wm_feedback" >"$wm_try/end"
  wm_blocks=$wm_blocks$wm_try/end$wm_nl
  write_prompt
  [ -z "$wm_common" ] || share
  set +f
  [ -z "$wm_escape" ] || escape_prompt
}

# escape_prompt: some CLIs read @WORD anywhere in a prompt as a file to send, but not \@WORD.
escape_prompt() {
  if ! LC_ALL=C grep -q "$wm_escape" "$wm_try/prompt.md"; then return; fi
  {
    LC_ALL=C sed "s/$wm_escape/\\\\&/g; s/\\\\\\\\$wm_escape/\\\\$wm_escape/g" "$wm_try/prompt.md"
    # shellcheck disable=SC2016 # Markdown
    printf '\n\nIn this text, `\\%s` stands for the character behind the backslash alone.\n' "$wm_escape"
  } >"$wm_try/escaped" || fail "cannot write the prompt: is the disk full?"
  mv -f "$wm_try/escaped" "$wm_try/prompt.md" || fail "cannot write the prompt: is the disk full?"
}

# The remains of an attempt whose recipe was killed.
clear_attempt() {
  if [ ! -d "$wm_try" ]; then
    mkdir "$wm_try" || fail "cannot write in $wm_me: is the disk full?"
    return
  fi
  for wm_name in "$wm_try"/*; do
    if [ -e "$wm_name" ]; then rm -rf "${wm_try:?}"/*; fi
    return 0
  done
}

# add_block NAME CHECKSUM PATH: the text before the block goes into a file of its own, for cat.
add_block() {
  wm_n=$((wm_n + 1))
  wm_shown=$1
  wm_seen=$3
  [ -z "$wm_workspace" ] || in_workspace "$3"
  set -- "$1" "$2" "$wm_seen" "$wm_try/body$wm_n"
  case $wm_how in
    'cut '*)
      wm_bound=${wm_how#cut }
      cut_input "${wm_bound% *}" "${wm_bound#* }" "$3" >"$4" ||
        fail "cannot cut $1: is the disk full?"
      case $wm_bound in head*) wm_shown=first ;; *) wm_shown=last ;; esac
      wm_shown="$1 (its $wm_shown ${wm_bound#* } bytes)"
      [ -s "$4" ] || set -- "$1" "$2" "$3" "$3"
      [ "$3" != "$4" ] || wm_shown=$1 ;;
    'by path')
      wm_shown="$1 (as a file)"
      # In a folder of its own, the agent does not see the project's paths.
      if [ -z "$wm_folder" ]; then wm_seen=${wm_seen#"$wm_tree/$wm_prefix"}; else wm_seen=$PWD/${wm_seen#./}; fi
      printf 'Read it yourself: %s\n' "${wm_seen#./}" >"$4" ;;
    *)
      set -- "$1" "$2" "$3" "$3"
      case $3 in */.list.*) wm_shown="$1 (a folder: the checksums and paths of its files)" ;; esac ;;
  esac
  printf '%s\n===== input %s %s =====\n' "$wm_end" "$wm_shown" "$2" >"$wm_try/fence$wm_n"
  wm_end="$wm_nl===== end $2 =====$wm_nl"
  wm_blocks="$wm_blocks$wm_try/fence$wm_n$wm_nl$4$wm_nl"
}

# cut_input head|tail BYTES FILE: prints that part of it, in whole lines if possible; nothing if it fits.  It reads no
# more than that, however long the file is.
cut_input() {
  wm_size=$(($(wc -c <"$3")))
  if [ "$wm_size" -le "$2" ]; then return 0; fi
  case $1 in
    head) dd if="$3" bs="$(($2 + 1))" count=1 2>/dev/null ;;
    tail) tail -c "$(($2 + 1))" "$3" ;;
  esac | LC_ALL=C awk -v program=cut -v keep="$1" -v max="$2" -f "$wm_here/lib.awk"
}

# read_rejection: sets $wm_rejection to a person's reason against the last answer, and that answer, for the prompt.
read_rejection() {
  wm_rejection=''
  wm_name=$wm_me/.rejected.md
  is_there "$wm_name" || wm_name=$wm_me/output.md
  if ! is_there "$wm_me/.rejected" || [ ! -s "$wm_name" ]; then return; fi
  IFS=$wm_nl
  wm_sum=$(LC_ALL=C $wm_digest "$wm_name") || fail "cannot read its output"
  IFS=$wm_blanks
  wm_sum=${wm_sum%% *}
  wm_rejection="
# Your last answer was rejected

$(cat "$wm_me/.rejected")

===== rejected answer $wm_sum =====
$(tail -c 64000 "$wm_name")
===== end $wm_sum =====

Answer again, in full.
"
}

say_lost() { wm_end="$wm_end${wm_nl}The agent \`$1\` did not get done: there is no output of it to read.$wm_nl"; }

# write_prompt: the cap limits what cat may write, so that no prompt exceeds it on disk either.  A shell counts in units
# of 512 or of 1,024 bytes: a prompt within the smaller limit is within the cap, any other is measured.
write_prompt() {
  IFS=$wm_nl
  # shellcheck disable=SC2086
  (
    trap '' XFSZ
    ulimit -f $((wm_cap / 1024))
    IFS=$wm_nl
    LC_ALL=C exec cat - $wm_common $wm_blocks
  ) <&3 >"$wm_try/prompt.md" 2>/dev/null
  wm_written=$?
  IFS=$wm_blanks
  if [ "$wm_written" = 0 ]; then return; fi
  read_head
  IFS=$wm_nl
  # shellcheck disable=SC2086
  wm_size=$(($(cat - $wm_common $wm_blocks <&3 | wc -c)))
  IFS=$wm_blanks
  [ "$wm_size" -le "$wm_cap" ] ||
    fail "the prompt has $wm_size bytes, over max_prompt ($wm_cap): read less, or raise it"
  read_head
  IFS=$wm_nl
  # shellcheck disable=SC2086
  cat - $wm_common $wm_blocks <&3 >"$wm_try/prompt.md" || fail "cannot write the prompt: is the disk full?"
  IFS=$wm_blanks
}
