# What an agent reads, as far as that matters only to one that is not simply kept.

# read_head: reads the head of task.md and leaves the file open at its body, as descriptor 3.
read_head() {
  open_task || fail "$wm_odd"
  if [ -n "$wm_stages" ]; then read_cells; fi
}

# read_cells: replaces agents whose cells a run makes by these cells.
read_cells() {
  # shellcheck source=/dev/null
  . "$wm_here/cells.sh"
  name_cells_read
}

# await_reads: waits until no input is being replaced; refuses a failed or missing input, unless the agent tolerates
# failures.
await_reads() {
  wm_lost=' '
  for wm_name in $wm_reads; do
    wm_empty=0
    while held "$wm_dir/$wm_name/.lock"; do pause; done
    ! is_odd "$wm_dir/$wm_name/output.md" || not_run blocked "the output.md of $wm_name is not a regular file"
    if [ ! -s "$wm_dir/$wm_name/output.md" ]; then
      ! has_asked "$wm_dir/$wm_name" || not_run blocked "$wm_name waits for an answer"
      if [ -z "$wm_tolerant" ]; then
        [ -e "$wm_dir/$wm_name/output.md" ] || not_run blocked "$wm_name has no output"
        not_run blocked "the output.md of $wm_name is empty: to have it made again, rm -f $wm_dir/$wm_name/output.md"
      fi
      wm_lost="$wm_lost$wm_name "
    elif ! good "$wm_dir/$wm_name"; then
      ! has_asked "$wm_dir/$wm_name" || not_run blocked "$wm_name waits for an answer"
      [ -n "$wm_tolerant" ] || not_run blocked "$wm_name is not done"
      wm_lost="$wm_lost$wm_name "
    fi
  done
}

# has_asked FOLDER: does it, or an agent that it reads, wait for an answer?  That is not a failure that a reader could
# tolerate.
has_asked() {
  read_state "$1"
  read_status "$wm_copy"
  case $wm_line in
    *'"state":"asked"'* | *'"state":"blocked"'*' waits for an answer"'*) return 0 ;;
  esac
  return 1
}

# write_list FOLDER: sets $wm_name to a file that represents it: the list of its files and their checksums.
write_list() {
  wm_lists=$((wm_lists + 1))
  wm_name=$wm_me/.list.$wm_lists
  list_folder "$1" >"$wm_name" || fail "cannot read its inputs: $1"
  touch -t 198001020000 "$wm_name" # `changed` asks whether it is newer than the stamp
}

# make_key: sets $wm_sums, a checksum for the task and for each thing read, a line each, and $wm_key from them; and
# $wm_task_file, so that an audit need not cut the task out of its file.
make_key() {
  list_inputs
  [ -z "$wm_untrusted" ] || stay_inside
  sum_inputs || fail "cannot read its inputs: $wm_odd"
  name_sums
}

# is_note: has inputs_of read the key of a note in place of an answer (skip.sh)?
is_note() {
  case $wm_record in 'skipped '* | 'carried '*) ;; *) return 1 ;; esac
}

# has_outputs [WORKSPACE]: do all declared outputs exist?  Sets $wm_lacking to the first that does not.
has_outputs() {
  wm_lacking=''
  set -f
  IFS=$wm_nl
  for wm_name in $wm_outputs; do
    [ -e "./${1:-}$wm_name" ] || wm_lacking=${wm_lacking:-$wm_name}
  done
  IFS=$wm_blanks
  set +f
  [ -z "$wm_lacking" ]
}
