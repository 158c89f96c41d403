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

# store_answer: keeps the answer under its checksum.  The name is taken in one step, so that no copy has to be renamed; one
# that a kill has cut short is replaced when it is met.  cat loads fewer libraries than cp.
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

# end_lease: releases those that wait.
end_lease() {
  if ! mine "$wm_paying"; then wm_paying=''; fi
  if [ -n "$wm_leased" ] && is_up; then sign_lease 0; fi
  wm_leased=''
}
