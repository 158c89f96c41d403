# An answer from the store, and the files that an agent wrote.

# is_sum TEXT: is it a SHA-256 in hex?
is_sum() {
  case $1 in *[!0-9a-f]*) return 1 ;; esac
  [ "${#1}" = 64 ]
}

# sum_of FILE: sets $wm_sum to its checksum.
sum_of() {
  IFS=$wm_nl
  wm_sum=$(LC_ALL=C $wm_digest "$1")
  IFS=$wm_blanks
  wm_sum=${wm_sum%% *}
  wm_sum=${wm_sum#\\}
}

# store_blob FILE SUM: keeps the content of a file under its checksum.
store_blob() {
  place cas "$2"
  if [ -f "$wm_place" ]; then return; fi
  make_place || return
  cp "$1" "$wm_place.$$" && mv -f "$wm_place.$$" "$wm_place" && return
  rm -f "$wm_place.$$"
  return 1
} 2>/dev/null

# fetch_blob SUM FILE: copies a content to FILE, or returns 1 if it is missing or does not have its checksum.
fetch_blob() {
  is_sum "$1" || return 1
  place cas "$1"
  [ -f "$wm_place" ] || obtain cas "$1" || return 1
  [ ! -h "$wm_place" ] && cp "$wm_place" "$2" && sum_of "$2" || return 1
  if [ "$wm_sum" = "$1" ]; then return; fi
  rm -f "$2"
  refuse_entry "its content $1 is damaged" "$wm_place"
  return 1
} 2>/dev/null

# refuse_entry WHY FILE: reports it, and removes the file, unless the store is read-only.
refuse_entry() {
  say "$wm_agent: what the store has for it is refused: $1"
  if may_write_store; then rm -f "$2"; fi
}

# take_entry: the answer of the entry becomes the agent's, if it passes the checks; else returns.
take_entry() {
  wm_sum=${wm_rest%%\"*}
  clear_attempt
  fetch_blob "$wm_sum" "$wm_try/output.md" || return 0
  wm_known=$wm_sum
  if [ ! -s "$wm_try/output.md" ] || ! restore_files; then
    rm -f "$wm_try/output.md"
    return 0
  fi
  printf '%s' "$wm_key" >"$wm_try/inputs" || fail "cannot write in $wm_me: is the disk full?"
  wm_reason=''
  [ -z "$wm_checks" ] || check "$wm_try/output.md"
  if [ -n "$wm_reason" ]; then
    say "$wm_agent: the store's answer does not pass its checks: $wm_reason"
    rm -f "$wm_try/output.md"
    return 0
  fi
  read_saved
  wm_hit=1
  note_hit
  [ -z "$wm_workspace" ] || use_edits
  accept
}

# member NAME: sets $wm_value to a number or plain text in $wm_rest, or to nothing.
member() {
  wm_value=''
  case $wm_rest in *",\"$1\":"*) wm_value=${wm_rest#*",\"$1\":"} ;; esac
  case $wm_value in \"*) wm_value=${wm_value#\"} wm_value=${wm_value%%\"*} ;; *) wm_value=${wm_value%%[,\}]*} ;; esac
}

# read_saved: sets $wm_saved, as JSON, to what the hit has saved, as far as the entry says.
read_saved() {
  wm_saved=',"from":"store"'
  for wm_word in cost tokens_in tokens_out; do
    member "$wm_word"
    if is_number "$wm_value"; then wm_saved="$wm_saved,\"saved_$wm_word\":$wm_value"; fi
  done
}

# note_hit: writes a line for `wavemake store`, which also shows what has not been used for long.
note_hit() {
  member cost
  now
  if may_write_store; then printf '%s %s %s\n' "$wm_ac" "${wm_epoch%.*}" "${wm_value:-0}" >>"$wm_store/hits"; fi
} 2>/dev/null

# read_records: sets $wm_recorded to these lines of the entry.
read_records() {
  wm_recorded='' wm_regained=''
  case $wm_rest in *',"records":["'*) ;; *) return ;; esac
  wm_records=${wm_rest#*',"records":['}
  wm_recorded=$(printf '[%s]' "${wm_records%%'],"agent":'*}" | LC_ALL=C awk -v program=texts -f "$wm_here/lib.awk")
}

# restore_files: restores them as the entry says.  Returns 1, and changes nothing, if one is unavailable, or if an
# edited file is neither as it was before the agent nor as it left it.  Edits of a workspace are merged when the answer is
# accepted.
restore_files() {
  wm_recorded='' wm_regained=''
  if [ -n "$wm_workspace" ]; then
    bring_edits
    return
  fi
  case $wm_rest in *'"records":[]'*) [ -n "$wm_outputs" ] || return 0 ;; esac
  read_records
  set -f
  IFS=$wm_nl
  find_work && restore_work
  wm_code=$?
  IFS=$wm_blanks
  set +f
  return "$wm_code"
}

# find_work: sets $wm_todo to `PATH SUM` lines, the files to put in place.
find_work() {
  wm_todo=''
  for wm_name in $wm_outputs; do
    case $wm_nl$wm_recorded in *"${wm_nl}made $wm_name "* | *"${wm_nl}made $wm_name/ "*) ;; *) return 1 ;; esac
  done
  for wm_line in $wm_recorded; do
    case $wm_line in
      'made '*)
        wm_after=${wm_line##* } wm_path=${wm_line#* }
        wm_path=${wm_path% *}
        case $wm_nl$wm_outputs in *"$wm_nl${wm_path%/}$wm_nl"*) ;; *) return 1 ;; esac ;;
      'edit '*)
        split_edit "$wm_line"
        is_of_plan "$wm_path" || return 1
        wm_regained=$wm_regained$wm_line$wm_nl ;;
      *) return 1 ;;
    esac
    content_of "$wm_path"
    if [ "$wm_sum" = "$wm_after" ]; then continue; fi
    case $wm_line in
      'edit '*)
        case $wm_nl$wm_outputs in *"$wm_nl$wm_path$wm_nl"*) continue ;; esac
        case $wm_nl$wm_recorded$wm_nl in *"${wm_nl}edit $wm_path $wm_sum $wm_after$wm_nl"*) ;; *) return 1 ;; esac ;;
    esac
    [ "$wm_after" = - ] || can_bring "$wm_after" "$wm_path" || return 1
    case $wm_todo in *"$wm_path $wm_after$wm_nl"*) ;; *) wm_todo="$wm_todo$wm_path $wm_after$wm_nl" ;; esac
  done
}

# is_of_plan PATH: do agents of the plan read or write it?  An entry from elsewhere may name any file.
is_of_plan() { LC_ALL=C grep -q -x -F -e "file ./$1" "$wm_dir/runtime/plan"; }

# restore_work: puts them in place.  Versions that a person edited are kept in the agent's history.
restore_work() {
  wm_record=''
  [ ! -f "$wm_me/key" ] || inputs_of "$wm_me/key"
  IFS=$wm_nl
  for wm_line in $wm_todo; do
    wm_path=${wm_line% *} wm_after=${wm_line##* }
    content_of "$wm_path"
    case $wm_sum,$wm_nl$wm_recorded$wm_nl$wm_record in
      -,* | *,*"${wm_nl}edit $wm_path $wm_sum "* | *"${wm_nl}made $wm_path $wm_sum$wm_nl"*) ;;
      *) keep_aside "${wm_path%/}" "$wm_sum" ;;
    esac
    # Files of an earlier answer do not belong to this one.
    case $wm_path in */) rm -rf "./${wm_path%/}" ;; esac
    if [ "$wm_after" = - ]; then rm -f "./$wm_path"; else bring_content "$wm_after" "./$wm_path" || return 1; fi
  done
}
