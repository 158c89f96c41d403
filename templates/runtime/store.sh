# The store: answers by cache key, so that nothing is charged twice: not in another clone, branch or worktree, and not
# after an edit was taken back.
#
#   $wm_store/ac/AB/KEY     one line of JSON: the key, the checksum of the answer, what is recorded of its files, its cost
#   $wm_store/cas/AB/SUM    a content by its own checksum
#   $wm_store/.lease/KEY    a lock: an agent with this key is running now
#
# It stands in git's own folder, which all branches and worktrees share and git clean leaves alone, or without git in the
# agents' folder.  A clone of a repository on this machine reads that one's store as well.
#
# The layout is that of Bazel's HTTP cache, /ac/KEY and /cas/SUM, where WAVEMAKE_STORE is a URL: plain GET and PUT.
# Those who can write to a store are trusted only as far as checksums go: an entry is used only if it names this very
# key, and a content only if its checksum is right.

. "$wm_here/where.sh"

may_write_store() { [ "${WAVEMAKE_STORE_ACCESS:-}" != read ]; }

# place KIND SUM: sets $wm_place to the file of that name in the local store.
place() {
  wm_place=${2%"${2#??}"}
  wm_place=$wm_store/$1/$wm_place/$2
}

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

# obtain KIND SUM: copies what the local store lacks from the other stores that it knows, and sets $wm_place; it is
# checked there.
obtain() {
  place "$1" "$2"
  wm_there=${wm_origin:+$wm_origin${wm_place#"$wm_store"}}
  if [ -n "$wm_there" ] && [ -f "$wm_there" ] && [ ! -h "$wm_there" ] && make_place; then
    cp "$wm_there" "$wm_place.$$" && mv -f "$wm_place.$$" "$wm_place" && return
    rm -f "$wm_place.$$"
  fi
  [ -n "$wm_remote" ] && download "$1" "$2"
}

# --- contents -----------------------------------------------------------------

# store_blob FILE SUM: keeps the content of a file under its checksum.
store_blob() {
  place cas "$2"
  if [ -f "$wm_place" ]; then return; fi
  make_place || return
  cp "$1" "$wm_place.$$" && mv -f "$wm_place.$$" "$wm_place" && return
  rm -f "$wm_place.$$"
  return 1
} 2>/dev/null

# store_answer: the same for the answer.  Its name is taken in one step, so that no copy has to be renamed; one that a kill
# has cut short is replaced when it is met.  cat loads fewer libraries than cp.
store_answer() {
  place cas "$wm_answer"
  set -C
  { LC_ALL=C cat "$wm_me/output.md" >"$wm_place"; } 2>/dev/null
  wm_taken=$?
  set +C
  if [ "$wm_taken" = 0 ]; then return; fi
  sum_of "$wm_place"
  if [ "$wm_sum" = "$wm_answer" ]; then return; fi
  rm -f "$wm_place"
  store_blob "$wm_me/output.md" "$wm_answer"
} 2>/dev/null

# make_places: the folders of an answer and of its entry, by one process.  A large plan will need most of them: the first
# of its agents that lacks one makes them all.
make_places() {
  set --
  place cas "$wm_answer"
  [ -d "${wm_place%/*}" ] || set -- "${wm_place%/*}"
  place ac "$wm_ac"
  [ -d "${wm_place%/*}" ] || set -- "$@" "${wm_place%/*}"
  if [ "$#" = 0 ]; then return; fi
  if [ "$wm_total" -lt 100 ]; then mkdir -p "$@"; else make_all_places; fi
}

make_all_places() {
  wm_digits='0 1 2 3 4 5 6 7 8 9 a b c d e f' wm_places=''
  for wm_word in $wm_digits; do
    for wm_value in $wm_digits; do
      wm_places="$wm_places$wm_store/ac/$wm_word$wm_value$wm_nl$wm_store/cas/$wm_word$wm_value$wm_nl"
    done
  done
  set -f
  IFS=$wm_nl
  # shellcheck disable=SC2086 # a path a line
  mkdir -p $wm_places
  wm_code=$?
  IFS=$wm_blanks
  set +f
  return "$wm_code"
}

make_place() { [ -d "${wm_place%/*}" ] || mkdir -p "${wm_place%/*}"; }

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

# --- entries ------------------------------------------------------------------

# describe_key: sets $wm_entry to the beginning of an entry for $wm_key, and $wm_ac to the name of that entry.
describe_key() {
  wm_entry='' wm_ac=''
  set -f
  IFS=$wm_nl
  for wm_line in $wm_key; do
    quote "$wm_line"
    wm_entry=${wm_entry:+$wm_entry,}$wm_quoted
  done
  wm_entry="{\"schema\":1,\"key\":[$wm_entry],\"output\":\""
  # A shell writes a short document into the pipe itself: one process less than printf.
  # shellcheck disable=SC2086 # the words of a command
  wm_ac=$(
    LC_ALL=C exec $wm_digest <<END
wavemake 1
${wm_key%"$wm_nl"}
END
  )
  IFS=$wm_blanks
  set +f
  wm_ac=${wm_ac%% *}
}

# store_get: if the store has an answer for $wm_key, puts it in place, unpaid, and ends.
store_get() {
  find_store
  if [ -z "$wm_store" ]; then return; fi
  if [ "$wm_approve" = before ] && ! approved "$wm_key"; then return; fi
  describe_key
  if [ -n "$wm_forced$wm_rejection$wm_answers" ]; then return; fi
  if read_entry; then take_entry; fi
  if [ -z "$wm_present" ] && await_lease && read_entry; then take_entry; fi
}

# read_entry: sets $wm_rest to the rest of the entry for this key; returns 1 if there is none.
read_entry() {
  place ac "$wm_ac"
  wm_found=''
  # An empty entry is being written.
  [ -s "$wm_place" ] || obtain ac "$wm_ac" || return 1
  if [ -h "$wm_place" ]; then return 1; fi
  IFS= read -r wm_found <"$wm_place"
  case $wm_found in
    "$wm_entry"*'}') wm_rest=${wm_found#"$wm_entry"} ;;
    *) refuse_entry "it is cut short, or another key's" "$wm_place" && return 1 ;;
  esac
} 2>/dev/null

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

# store_put: keeps the answer that has just been accepted and charged, with its declared outputs.  If inputs changed
# meanwhile, it is unknown whether the answer belongs to them.
store_put() {
  if [ -z "$wm_ac" ] || [ -n "$wm_hit" ] || ! may_write_store; then return; fi
  if [ -n "$wm_edited$wm_moved" ] || ! make_places || ! store_answer; then return; fi
  if { [ -n "$wm_workspace" ] && ! put_edits; } || ! has_recorded; then return; fi
  wm_records=''
  set -f
  IFS=$wm_nl
  for wm_line in $wm_recorded; do
    quote "$wm_line"
    wm_records=$wm_records,$wm_quoted
  done
  IFS=$wm_blanks
  set +f
  place ac "$wm_ac"
  make_place
  costs_of "$wm_bill" "$((wm_tries + wm_judged - wm_billed))"
  if put_new_entry || { put_entry >"$wm_place.$$" && mv -f "$wm_place.$$" "$wm_place"; }; then
    [ -z "$wm_remote" ] || upload
  else
    rm -f "$wm_place.$$"
  fi
} 2>/dev/null

# put_new_entry: a short entry is written in one step, and needs no rename.  Returns 1 if there is an entry already.
put_new_entry() {
  if [ -e "$wm_place" ] || [ "${#wm_entry}" -gt 2000 ] || [ "${#wm_records}" -gt 1000 ]; then return 1; fi
  set -C
  { put_entry >"$wm_place"; } 2>/dev/null
  wm_taken=$?
  set +C
  return "$wm_taken"
}

# put_entry: prints the entry, with $wm_costs.  Quoted text comes after the key, where it is not read as anything else.
put_entry() {
  quote "$wm_model"
  printf '%s%s","records":[%s],"agent":"%s","model":%s,"when":%s%s}\n' \
    "$wm_entry" "$wm_answer" "${wm_records#,}" "$wm_agent" "$wm_quoted" "${wm_epoch%.*}" "$wm_costs"
}

# --- the files that an agent wrote ----------------------------------------------

# has_recorded: is all content of $wm_recorded, the lines `made PATH SUM` and `edit PATH BEFORE AFTER` of its key, in the
# store?
has_recorded() {
  set -f
  IFS=$wm_nl
  for wm_line in $wm_recorded; do
    place cas "${wm_line##* }"
    case $wm_line in *' -') ;; *) [ -f "$wm_place" ] || { IFS=$wm_blanks && set +f && return 1; } ;; esac
  done
  IFS=$wm_blanks
  set +f
}

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

# --- one runs, the others wait --------------------------------------------------

# await_lease: takes the lease of this key, and returns 1 if it was free.  If another agent with this key is running,
# waits until it has ended, and returns 0: the answer may be there now.
await_lease() {
  wm_late=''
  if ! may_write_store; then return 1; fi
  # This may be called again: inputs that change before the agent starts make another key.
  if [ "$wm_paying" = "$wm_store/.lease/$wm_ac" ]; then return 1; fi
  if [ -n "$wm_paying" ]; then
    end_lease
    rm -f ${wm_paying:+"$wm_paying"}
    wm_paying=''
  fi
  { is_folder "$wm_store/.lease" || mkdir -p "$wm_store/.lease" 2>/dev/null; } && [ -w "$wm_store/.lease" ] || return 1
  wm_paying=$wm_store/.lease/$wm_ac wm_empty=0 wm_refused=0
  until take "$wm_paying"; do
    if held "$wm_paying"; then
      wm_late=1
      [ -z "$wm_where" ] || waits "another make, which pays for the same (pid $wm_pid on $wm_where)"
      pause
    elif [ -e "$wm_paying" ]; then
      steal "$wm_paying"
    fi
  done
  [ -z "$wm_remote" ] || await_remote_lease
  [ -n "$wm_late" ]
}

# --- a store that others share, by HTTP -------------------------------------------

# is_up: has every agent of this run found the server responsive?
is_up() { [ ! -e "$wm_dir/runs/.nostore.$wm_run" ]; }

# give_up WHY: reports, once per run, that the server is not used any more.
give_up() {
  set -C
  if { : >"$wm_dir/runs/.nostore.$wm_run"; } 2>/dev/null; then
    printf 'wavemake: the store %s is not used in this run: %s\n' "${wm_remote##*@}" "$1" >&"$wm_voice"
  fi
  set +C
}

# request OPTION...: curl, with the headers of the variable that WAVEMAKE_STORE_HEADERS names; sets $wm_code to the
# status of HTTP.  They are read from standard input, so that no list of processes shows them.
request() {
  if ! is_up; then return 1; fi
  command -v curl >/dev/null 2>&1 || { give_up "it needs curl, which is not installed" && return 1; }
  wm_headers=''
  case ${WAVEMAKE_STORE_HEADERS:-} in
    '' | *[!A-Za-z0-9_]* | [0-9]*) ;;
    *) eval "wm_headers=\${$WAVEMAKE_STORE_HEADERS:-}" ;;
  esac
  wm_code=$(printf '%s\n' "$wm_headers" | LC_ALL=C sed -n 's/[\\"]/\\&/g; s/..*/header = "&"/p' |
    curl -q -K - -s --netrc-optional --connect-timeout 3 --speed-limit 100 --speed-time 5 -w '%{http_code}' "$@")
  case $wm_code in
    2*) ;;
    404 | 410) return 1 ;;
    000) give_up "it does not answer" && return 1 ;;
    *) give_up "it answers with status $wm_code" && return 1 ;;
  esac
}

# download KIND SUM: copies it from the server into the local store, where it is then checked; sets $wm_place.
download() {
  place "$1" "$2"
  make_place || return 1
  request -o "$wm_place.$$" --max-filesize 1073741824 "$wm_remote/$1/$2" && mv -f "$wm_place.$$" "$wm_place" && return
  rm -f "$wm_place.$$"
  return 1
}

# send FILE KIND SUM
send() { request -o /dev/null -T "$1" "$wm_remote/$2/$3"; }

# send_content RECORD: sends the content; for a folder, its list and all files in it.
send_content() {
  case $1 in *' -') return ;; esac
  place cas "${1##* }"
  send "$wm_place" cas "${1##* }" || return 1
  case $1 in *'/ '*) ;; *) return ;; esac
  wm_list=$wm_place
  while IFS= read -r wm_member; do
    place cas "${wm_member%% *}"
    send "$wm_place" cas "${wm_member%% *}" || return 1
  done <"$wm_list"
}

# upload: sends the contents first, so that no entry names a missing content.
upload() {
  send "$wm_me/output.md" cas "$wm_answer" || return 0
  set -f
  IFS=$wm_nl
  for wm_line in $wm_recorded; do
    IFS=$wm_blanks
    send_content "$wm_line" || { set +f && return 0; }
    IFS=$wm_nl
  done
  IFS=$wm_blanks
  set +f
  place ac "$wm_ac"
  send "$wm_place" ac "$wm_ac" || return 0
}

# await_remote_lease: does the same, as far as plain GET and PUT allow: two that look at the same moment both run the
# agent.
await_remote_lease() {
  wm_leased=$(printf 'lease %s' "$wm_ac" | LC_ALL=C $wm_digest) wm_leased=${wm_leased%% *}
  while request -o "$wm_try.lease" "$wm_remote/ac/$wm_leased"; do
    read -r wm_where wm_pid wm_ends <"$wm_try.lease" || break
    now
    case $wm_ends in '' | *[!0-9]*) break ;; esac
    if [ "$wm_ends" -le "${wm_epoch%.*}" ] || [ $((wm_ends - ${wm_epoch%.*})) -gt 86400 ]; then break; fi
    wm_late=1
    waits "another machine, which pays for the same (pid $wm_pid on $wm_where)"
    nap 5
    if download ac "$wm_ac"; then break; fi
  done
  rm -f "$wm_try.lease"
  now
  sign_lease $((${wm_epoch%.*} + wm_timeout + 60))
}

# sign_lease UNTIL
sign_lease() {
  printf '%s %s %s\n' "$wm_host" $$ "$1" >"$wm_try.lease" && send "$wm_try.lease" ac "$wm_leased"
  rm -f "$wm_try.lease"
}

# end_lease: releases those that wait.
end_lease() {
  if ! mine "$wm_paying"; then wm_paying=''; fi
  if [ -n "$wm_leased" ] && is_up; then sign_lease 0; fi
  wm_leased=''
}
