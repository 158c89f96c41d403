# The files of the project that an agent wrote.  Its key records them after the checksum of its answer: `made PATH SUM`
# is a declared output, a folder if it ends in a slash; `edit PATH BEFORE AFTER` is a file that the plan reads and that
# changed while the agent ran; a dash stands for a missing file.  Files that git has reset since are restored, at no
# charge.

# The checksums of the plan's files before the agent was started, if this process took them.
wm_held_before=''

# look_before: notes the content of the plan's files, if it has any, before the agent is started.
look_before() {
  if [ -f "$wm_try/before" ]; then return; fi
  wm_held_before=$(sums_of_inputs)
  printf '%s\n' "$wm_held_before" >"$wm_try/before"
}

# only_files: those of $wm_list.
only_files() {
  for wm_path in $wm_list; do [ ! -f "$wm_path" ] || printf '%s\n' "$wm_path"; done
}

sums_of_inputs() (
  set -f
  IFS=$wm_nl
  wm_list=$(LC_ALL=C sed -n "s/^file //p" "$wm_dir/runtime/plan")
  for wm_name in $wm_list; do
    if is_endless "$wm_name"; then
      wm_list=$(only_files)
      break
    fi
  done
  # shellcheck disable=SC2086 # a path a line
  digest_of /dev/null $wm_list 2>/dev/null
)

# record_made: sets $wm_record to the record of these files, and keeps their content; $wm_recorded is the same, for the
# store, and $wm_remarks is for the summary.
record_made() {
  wm_record='' wm_remarks=''
  set -f
  IFS=$wm_nl
  for wm_name in $wm_outputs; do
    content_of "$wm_name"
    [ ! -d "./$wm_name" ] || wm_name=$wm_name/
    wm_record="${wm_record}made $wm_name $wm_sum$wm_nl"
    keep_content "./$wm_name" "$wm_sum"
  done
  if [ -f "$wm_try/before" ] && [ -z "$wm_hit" ]; then
    tell_unchanged
    find_changes
    for wm_line in $wm_changes; do
      split_edit "$wm_line"
      [ "$wm_after" = - ] || keep_content "./$wm_path" "$wm_after"
      case $wm_key in
        *"read ./$wm_path $wm_before$wm_nl"*)
          remark "$wm_path, which it reads, changed while it ran: it runs again at the next make (if it is to write it, name it in its \"outputs\")" ;;
        *) note_change ;;
      esac
    done
    carry_edits
  elif [ -n "$wm_hit" ]; then
    wm_changes=$wm_regained
    if [ -f "$wm_try/before" ]; then
      find_changes # that its edits, of a workspace, made now
    elif [ -f "$wm_dir/.edits" ]; then
      sums_of_inputs >"$wm_try/before"
    fi
    carry_edits
  fi
  wm_recorded=$wm_record
  IFS=$wm_blanks
  set +f
}

# carry_edits: adds $wm_changes to $wm_record, and its earlier edits of the same files if it found them as it had left
# them.
carry_edits() {
  if [ -z "$wm_changes" ] && [ ! -f "$wm_dir/.edits" ]; then return; fi
  set -- "$wm_me/key" "$wm_try/before"
  [ -f "$1" ] || set -- /dev/null "$2"
  [ -f "$2" ] || set -- "$1" /dev/null
  wm_changes=$(printf '%s\n' "$wm_changes" |
    LC_ALL=C awk -v program=carry -f "$wm_here/lib.awk" from=new - from=key "$1" from=before "$2")
  for wm_line in $wm_changes; do
    wm_record=$wm_record$wm_line$wm_nl
    split_edit "$wm_line"
    note_edited "./$wm_path"
  done
}

# note_edited PATH: for its readers, the time of this file means nothing.
note_edited() { LC_ALL=C grep -q -x -F -e "$1" "$wm_dir/.edits" 2>/dev/null || printf '%s\n' "$1" >>"$wm_dir/.edits"; }

# remark TEXT: prints it now, and notes it for the summary.
remark() {
  say "$wm_agent: $1"
  wm_remarks=${wm_remarks:+$wm_remarks; }$1
}

# note_change: notes for the summary that it changed a file which it did not declare and others read.
note_change() {
  case $wm_nl$wm_outputs in *"$wm_nl$wm_path$wm_nl"*) return ;; esac
  wm_remarks="${wm_remarks:+$wm_remarks; }changed $wm_path"
}

# find_changes: sets $wm_changes to an `edit` line for each file that has changed.
find_changes() {
  wm_changes=''
  wm_held_after=$(sums_of_inputs)
  if [ "$wm_held_after" = "$wm_held_before" ]; then return; fi
  printf '%s\n' "$wm_held_after" >"$wm_try/after"
  wm_changes=$(LC_ALL=C awk -v program=edits -f "$wm_here/lib.awk" "$wm_try/before" "$wm_try/after")
}

# tell_unchanged: reports outputs that did not change: the agent may have forgotten them.
tell_unchanged() {
  for wm_line in $wm_record; do
    wm_sum=${wm_line##* } wm_path=${wm_line#made }
    wm_path=${wm_path% *}
    if LC_ALL=C grep -q -x -F "$wm_sum  ./$wm_path" "$wm_try/before"; then
      remark "$wm_path, which it is to write, is as it was before"
    fi
  done
}

# split_edit LINE: sets $wm_path, $wm_before and $wm_after.
split_edit() {
  wm_after=${1##* } wm_path=${1#* }
  wm_path=${wm_path% *}
  wm_before=${wm_path##* } wm_path=${wm_path% *}
}

# restore_made: restores files that the recorded answer to the same input wrote and that are now gone, or as they were
# before.  Reads $wm_key.
restore_made() {
  set -f
  IFS=$wm_nl
  for wm_line in $wm_record; do
    case $wm_line in
      'made '*)
        wm_after=${wm_line##* } wm_path=${wm_line#* }
        wm_path=${wm_path% *}
        wm_before=- ;;
      'edit '*) split_edit "$wm_line" ;;
      *) continue ;;
    esac
    content_of "$wm_path"
    case $wm_sum,$wm_line in
      "$wm_after",*) ;;
      "$wm_before",* | -,*) restore "$wm_path" "$wm_sum" "$wm_after" ;;
      *,'made '*)
        # A file that is as it was before has a line of its own.
        case $wm_nl$wm_record in
          *"${wm_nl}edit $wm_path $wm_sum $wm_after$wm_nl"*) ;;
          *) say "$wm_agent: $wm_path, which it wrote, was edited since: kept as it is" ;;
        esac ;;
    esac
  done
  IFS=$wm_blanks
  set +f
}

# restore PATH NOW AFTER: restores it, unless another agent has left it as it is NOW.
restore() {
  if is_left_so "$1" "$2"; then return; fi
  [ "$2" = - ] || keep_content "./$1" "$2"
  if [ "$3" = - ]; then
    rm -f "./$1" && say "$wm_agent: removed $1 again, as it had done"
  elif bring_content "$3" "./$1"; then
    say "$wm_agent: restored $1, as it had left it"
  fi
}

# keep_edited: before the agent runs again, copies outputs that a person edited to its history.
keep_edited() {
  if [ -n "$wm_workspace" ] || [ ! -f "$wm_me/key" ]; then return; fi
  inputs_of "$wm_me/key"
  set -f
  IFS=$wm_nl
  for wm_line in $wm_record; do
    case $wm_line in 'made '*) ;; *) continue ;; esac
    wm_after=${wm_line##* } wm_path=${wm_line#* }
    wm_path=${wm_path% *}
    wm_path=${wm_path%/}
    case $wm_nl$wm_outputs in *"$wm_nl$wm_path$wm_nl"*) ;; *) continue ;; esac
    content_of "$wm_path"
    case $wm_sum in - | "$wm_after") ;; *) keep_aside "$wm_path" "$wm_sum" ;; esac
  done
  IFS=$wm_blanks
  set +f
}

# keep_aside PATH SUM: makes a copy in the agent's history, named by its content, unless an agent has left it so.
keep_aside() {
  if is_left_so "$1" "$2"; then return; fi
  wm_copy=$wm_me/history/${1##*/}.${2%"${2#????????}"}.edited
  if [ -e "$wm_copy" ]; then return; fi
  if ! { { is_folder "$wm_me/history" || mkdir "$wm_me/history"; } && cp -Rp "./$1" "$wm_copy"; }; then
    fail "cannot keep $1, which was edited since it wrote it: is the disk full?"
  fi
  say "$wm_agent: $1, which it writes again, was edited since: it is kept as $wm_copy"
}

# is_left_so PATH SUM: has an agent left the file with this content?
is_left_so() {
  LC_ALL=C find "$wm_dir" -name key -exec grep -h -F "edit $1 " /dev/null {} + 2>/dev/null |
    LC_ALL=C grep -q " $2\$"
}

# --- where content is kept ----------------------------------------------------

# keep_content PATH SUM: keeps it; for a folder, its list and all files in it.
keep_content() {
  if [ -d "$1" ]; then
    list_folder "$1" >"$wm_try/list"
    put_content "$wm_try/list" "$2"
    while IFS= read -r wm_member; do
      put_content "$1/${wm_member#*[ *]./}" "${wm_member%% *}"
    done <"$wm_try/list"
  else
    put_content "$1" "$2"
  fi
}

# bring_content SUM PATH: writes that content to PATH; fails if there is none.
bring_content() {
  wm_got=$wm_me/.got
  get_content "$1" "$wm_got" || return 1
  mkdir -p "${2%/*}"
  if [ "$2" != "${2%/}" ]; then
    while IFS= read -r wm_member; do
      is_inside "${wm_member#*[ *]./}" || return 1
      wm_file=$2${wm_member#*[ *]./}
      mkdir -p "${wm_file%/*}"
      get_content "${wm_member%% *}" "$wm_file" || return 1
    done <"$wm_got"
  else
    # A file that is written in place keeps its mode.
    if [ -f "$2" ]; then cat "$wm_got" >"$2"; else cp "$wm_got" "$2"; fi
  fi || return 1
  rm -f "$wm_got"
}

# can_bring SUM PATH: is that content there, for a folder with all files in it?
can_bring() {
  get_content "$1" "$wm_try/blob" || return 1
  case $2 in */) ;; *) return ;; esac
  while IFS= read -r wm_member; do
    is_inside "${wm_member#*[ *]./}" && get_content "${wm_member%% *}" "$wm_try/blob.1" || return 1
  done <"$wm_try/blob"
}

# is_inside PATH: does this relative path stay inside its folder?
is_inside() { case /$1/ in //* | */../*) return 1 ;; esac; }

# put_content FILE SUM: keeps it in the store, or in the agents' folder if the store is off or read-only.
put_content() {
  [ -f "$1" ] || return 0
  [ -n "${wm_store:-}" ] || find_store
  if [ -n "$wm_store" ] && may_write_store; then
    store_blob "$1" "$2" || :
  elif [ ! -f "$wm_dir/.made/$2" ]; then
    mkdir -p "$wm_dir/.made"
    cp "$1" "$wm_dir/.made/.new.$$" && mv -f "$wm_dir/.made/.new.$$" "$wm_dir/.made/$2"
  fi
}

# get_content SUM FILE
get_content() {
  [ -n "${wm_store:-}" ] || find_store
  if [ -n "$wm_store" ] && fetch_blob "$1" "$2"; then return; fi
  [ -f "$wm_dir/.made/$1" ] && cp "$wm_dir/.made/$1" "$2"
}
