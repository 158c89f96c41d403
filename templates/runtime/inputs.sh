# What an agent is paid for: the head of its task.md, what it reads, the key, the prompt.

# read_head: reads the head of task.md and leaves the file open at its body, as descriptor 3.  $wm_links are the
# lines that say what is read and waited for.
# shellcheck disable=SC2034 # some of it is for later
read_head() {
  wm_stages='' wm_sets='' wm_settings='' wm_links='' wm_reads='' wm_launch='' wm_argv='' wm_outputs='' wm_checks='' wm_needed=''
  wm_pool='' wm_approve='' wm_tolerant='' wm_untrusted='' wm_price=''
  wm_workspace='' wm_copies='' wm_joined='' wm_setup='' wm_commit='' wm_author='' wm_resolve=''
  wm_when='' wm_follow='' wm_carry='' wm_until='' wm_passes='' wm_group='' wm_shares='' wm_prefixed=''
  wm_folder='' wm_own='' wm_prompt=stdin wm_escape='' wm_limit_wait=21600 wm_on_limit=wait wm_retries=2 wm_check_retries=0
  if is_odd "$wm_me/task.md" || [ ! -r "$wm_me/task.md" ]; then fail "cannot read $wm_me/task.md"; fi
  exec 3<"$wm_me/task.md"
  while IFS= read -r wm_line <&3; do
    wm_value=${wm_line#* }
    case $wm_line in
      ---)
        if [ -n "$wm_stages" ]; then read_cells; fi
        [ -z "$wm_outputs$wm_workspace" ] || wm_restat='' && return ;; # its readers may read more than its answer
      'cells '*) wm_stages="$wm_stages $wm_value" ;;
      'runner '*) wm_runner=$wm_value wm_settings=$wm_settings$wm_line$wm_nl ;;
      'model '*) wm_model=$wm_value wm_settings=$wm_settings$wm_line$wm_nl ;;
      'with workspace '*) wm_workspace=1 wm_settings=$wm_settings$wm_line$wm_nl ;;
      'arg '* | 'command '* | 'with '*) wm_settings=$wm_settings$wm_line$wm_nl ;;
      'set '*) wm_sets=$wm_sets$wm_value$wm_nl ;;
      'timeout '*) wm_timeout=$wm_value ;;
      'max-prompt '*) wm_cap=$wm_value ;;
      'limit-wait '*) wm_limit_wait=$wm_value ;;
      'on-limit '*) wm_on_limit=$wm_value ;;
      'escape '*) wm_escape=$wm_value ;;
      'retries '*) wm_retries=${wm_value% *} wm_check_retries=${wm_value#* } ;;
      'pool '*) wm_pool=$wm_value ;;
      'cost '*) wm_price=$wm_value ;;
      'env '*) wm_needed="$wm_needed $wm_value" ;;
      'cwd '*) wm_folder=$wm_value ;;
      'prompt '*) wm_prompt=$wm_value ;;
      'isolate '*) wm_own=$wm_value ;;
      'approve '*) wm_approve=$wm_value ;;
      tolerant) wm_tolerant=1 ;;
      'when '*) wm_when=$wm_when$wm_value$wm_nl ;;
      follow) wm_follow=1 ;;
      'carry '*) wm_carry=$wm_value ;;
      'until '*) wm_until=$wm_until$wm_value$wm_nl ;;
      'passes '*) wm_passes=$wm_value ;;
      untrusted) wm_untrusted=1 ;;
      'envelope text') wm_envelope=text wm_sink=output.md ;;
      'envelope '*) wm_envelope=$wm_value wm_sink=printed ;;
      'output '*) wm_outputs=$wm_outputs$wm_value$wm_nl ;;
      'check '*) wm_checks=$wm_checks$wm_line$wm_nl ;;
      'copy '*) wm_copies=$wm_copies$wm_value$wm_nl ;;
      'link '*) wm_joined=$wm_joined$wm_value$wm_nl ;;
      'setup '*) wm_setup=$wm_value ;;
      commit) wm_commit=1 ;;
      'commit '*) wm_commit=1 wm_author=$wm_value ;;
      resolve) wm_resolve=1 ;;
      'prefix '*) wm_group=${wm_value% *} wm_shares=${wm_value#* } ;;
      'prefixed '*) wm_prefixed=$wm_prefixed+$wm_value$wm_nl ;;
      'launch '*) wm_launch=$wm_launch+$wm_value$wm_nl ;;
      'run '*) wm_argv=$wm_argv+$wm_value$wm_nl ;;
      'read agent '* | 'read diff '* | 'after '*) wm_reads="$wm_reads ${wm_line##* }" wm_links=$wm_links$wm_line$wm_nl ;;
      'read file '* | 'cut '* | 'by path') wm_links=$wm_links$wm_line$wm_nl ;;
    esac
  done
  fail "$wm_me/task.md has no end of its head: compile the plan again"
}

# read_cells: what it reads of agents that a run makes cells of, it reads of these.
read_cells() {
  # shellcheck source=/dev/null
  . "$wm_here/cells.sh"
  name_cells_read
}

# await_reads: waits until nothing that is read is being replaced; refuses to read a failure or nothing at
# all, unless the agent goes on without what failed.
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

# has_asked FOLDER: does it wait for an answer, itself or an agent that it reads?  That is no failure, which a reader might go
# on without.
has_asked() {
  if [ ! -f "$1/status.json" ]; then return 1; fi
  IFS= read -r wm_line <"$1/status.json"
  case $wm_line in
    *'"state":"asked"'* | *'"state":"blocked"'*' waits for an answer"'*) return 0 ;;
  esac
  return 1
}

# good FOLDER: no status (a fresh clone), done, or an output that a person wrote after a failure; what waits for
# approval is edited without being approved.
good() {
  is_there "$1/status.json" || return 0
  IFS= read -r wm_line <"$1/status.json"
  case $wm_line in
    *'"state":"done"'* | *'"state":"pinned"'* | *'"state":"skipped"'*) return 0 ;;
    *'"state":"waiting"'*) return 1 ;;
  esac
  # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
  [ ! "$1/output.md" -ot "$1/status.json" ]
}

# changed: was anything that is read replaced or edited since the stamp?  Then key and prompt may be of
# different texts.  A time that is the stamp's may be that of an edit after it: clocks of files tick slowly.  A file
# whose time is still to come is not waited for.
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

# edited_at_stamp: has anything that was read another content by now, although its time is that of the stamp?  Where
# times are whole seconds, make would not see the edit.
edited_at_stamp() {
  wm_doubtful=''
  set -f
  IFS=$wm_nl
  for wm_name in $wm_paths; do
    case $wm_nl$wm_outputs in
      *"$wm_nl${wm_name#./}$wm_nl"*) ;; # The agent's own.
      *) is_of_stamp "$wm_name" && wm_doubtful=$wm_doubtful$wm_name$wm_nl ;;
    esac
  done
  wm_edited=''
  # shellcheck disable=SC2086
  for wm_line in ${wm_doubtful:+$(LC_ALL=C $wm_digest $wm_doubtful 2>&1)}; do
    case $wm_nl$wm_sums$wm_nl in *"$wm_nl$wm_line$wm_nl"*) ;; *) wm_edited=1 ;; esac
  done
  IFS=$wm_blanks
  set +f
  [ -n "$wm_edited" ]
}

# is_of_stamp FILE: is its time the stamp's?
is_of_stamp() {
  # shellcheck disable=SC3013
  [ ! "$1" -ot "$wm_me/.stamp" ] && [ ! "$wm_me/.stamp" -ot "$1" ]
}

# list_inputs: sets $wm_paths to the files whose checksums are in the key, and $wm_labels to what the key calls
# them, after a line for each that says how it is read.  What is lost has a label without a path.
list_inputs() {
  wm_labels=task$wm_nl wm_paths='' wm_lists=0
  IFS=$wm_nl
  for wm_line in $wm_links; do
    wm_name=${wm_line##* }
    case $wm_line in
      'read file '*)
        wm_name=./${wm_line#read file }
        wm_labels="${wm_labels}read $wm_name$wm_nl"
        [ ! -d "$wm_name" ] || write_list "$wm_name"
        wm_paths=$wm_paths$wm_name$wm_nl ;;
      'read agent '*)
        case $wm_lost in *" $wm_name "*) wm_labels="${wm_labels}lost read $wm_name$wm_nl" && continue ;; esac
        wm_labels="${wm_labels}read $wm_name$wm_nl" wm_paths=$wm_paths$wm_dir/$wm_name/output.md$wm_nl ;;
      'read diff '*)
        case $wm_lost in *" $wm_name "*) wm_labels="${wm_labels}lost $wm_line$wm_nl" && continue ;; esac
        wm_labels=$wm_labels$wm_line$wm_nl wm_paths=$wm_paths$wm_dir/$wm_name/changes.patch$wm_nl ;;
      'after '*)
        case $wm_lost in *" $wm_name "*) wm_labels="${wm_labels}lost $wm_line$wm_nl" && continue ;; esac
        wm_labels=$wm_labels$wm_line$wm_nl wm_paths=$wm_paths$wm_dir/$wm_name/output.md$wm_nl ;;
      *) wm_labels=$wm_labels$wm_line$wm_nl ;;
    esac
  done
  IFS=$wm_blanks
}

# stay_inside: an untrusted plan reads no file that a link leads out of the project or to a hidden file.  The compiler
# has looked as well, but links may have been made since.
stay_inside() {
  wm_root=$(pwd -P)
  IFS=$wm_nl
  for wm_name in $wm_paths; do
    [ -e "$wm_name" ] || continue
    real_path "$wm_name"
    case $wm_real in
      "$wm_root/$wm_dir"/*) ;;
      "$wm_root"/.* | "$wm_root"/*/.*) fail "${wm_name#./} is a hidden file: an untrusted plan may not read it" ;;
      "$wm_root"/*) ! is_secret "${wm_real##*/}" || fail "${wm_name#./} is called like a file of keys or credentials: an untrusted plan may not read it" ;;
      *) fail "${wm_name#./} leads out of the project: an untrusted plan may not read it" ;;
    esac
  done
  IFS=$wm_blanks
}

# is_secret NAME: the compiler has a pattern of the same names.
is_secret() {
  case $1 in
    [Ii][Dd]_[Rr][Ss][Aa] | [Ii][Dd]_[Dd][Ss][Aa] | [Ii][Dd]_[Ee][Cc][Dd][Ss][Aa] | [Ii][Dd]_[Ee][Dd]25519) return 0 ;;
    *.[Pp][Ee][Mm] | *.[Kk][Ee][Yy] | *.[Pp]12 | *.[Pp][Ff][Xx] | *.[Jj][Kk][Ss] | *.[Kk][Dd][Bb][Xx] | *.[Pp][Pp][Kk]) return 0 ;;
    *.[Ee][Nn][Vv] | *.[Kk][Ee][Yy][Ss][Tt][Oo][Rr][Ee] | *.[Tt][Ff][Ss][Tt][Aa][Tt][Ee]) return 0 ;;
  esac
  wm_word=$(printf '%s\n' "$1" | LC_ALL=C tr '[:upper:]' '[:lower:]')
  case $wm_word in
    *.secret | *.secrets | *.credential | *.credentials) return 0 ;;
  esac
  case ${wm_word%%[._-]*} in credential | credentials | secret | secrets | htpasswd | netrc) return 0 ;; esac
  case $wm_word in
    id_rsa[._-]* | id_dsa[._-]* | id_ecdsa[._-]* | id_ed25519[._-]* | serviceaccount | serviceaccount[._-]* | \
      service[_-]account | service[_-]account[._-]*) return 0 ;;
    *) return 1 ;;
  esac
}

# real_path FILE: sets $wm_real to its path without links, or to nothing if there are too many.
real_path() {
  wm_real=$1 wm_hops=0
  while [ -h "$wm_real" ]; do
    wm_hops=$((wm_hops + 1)) wm_hop=''
    [ "$wm_hops" -gt 40 ] || wm_hop=$(readlink "$wm_real")
    [ -n "$wm_hop" ] || { wm_real='' && return; }
    case $wm_hop in /*) wm_real=$wm_hop ;; *) wm_real=${wm_real%/*}/$wm_hop ;; esac
  done
  if wm_hop=$(cd -P "${wm_real%/*}/" && pwd -P); then wm_real=${wm_hop%/}/${wm_real##*/}; else wm_real=''; fi
}

# write_list FOLDER: sets $wm_name to a file that stands for it: the list of its files and their checksums.
write_list() {
  wm_lists=$((wm_lists + 1))
  wm_name=$wm_me/.list.$wm_lists
  list_folder "$1" >"$wm_name" || fail "cannot read its inputs: $1"
  touch -t 198001020000 "$wm_name" # `changed` asks whether it is newer than the stamp
}

# make_key: sets $wm_sums, a checksum for the task and for each thing read, a line each, and $wm_key from them; and
# $wm_task_file, by which an audit knows the task without cutting it out of its file.
make_key() {
  set -f
  list_inputs
  [ -z "$wm_untrusted" ] || stay_inside
  IFS=$wm_nl
  for wm_name in $wm_paths; do
    [ -f "$wm_name" ] || [ ! -e "$wm_name" ] || fail "cannot read its inputs: $wm_name is not a regular file"
  done
  # shellcheck disable=SC2086
  wm_sums=$(LC_ALL=C $wm_digest - $wm_paths "$wm_me/task.md" <&3 2>&1) || fail "cannot read its inputs: $(first_error)"
  # shellcheck disable=SC2086
  set -- $wm_sums
  wm_key=$wm_settings
  for wm_label in $wm_labels; do
    case $wm_label in
      'cut '* | 'by path') wm_key=$wm_key$wm_label$wm_nl ;;
      'lost '*) wm_key="$wm_key${wm_label#lost } failed$wm_nl" ;;
      *)
        wm_key="$wm_key$wm_label ${1%% *}$wm_nl"
        shift ;;
    esac
  done
  wm_task_file="task-file ${1%% *}$wm_nl"
  IFS=$wm_blanks
  set +f
}

first_error() { printf '%s\n' "$wm_sums" | LC_ALL=C grep -v '^[0-9a-f]\{64\} ' | LC_ALL=C tr '[:cntrl:]' ' ' | LC_ALL=C cut -c 1-200; }

# inputs_of KEY-FILE: sets $wm_inputs to what was paid for, $wm_paid to the checksum of the output, $wm_checked to the
# checks that it passed, $wm_record to what else came of it, and $wm_edits_of to what is recorded of its edits: `base
# TREE`, `result TREE` and `patch SUM` lines, and `merged` if they are in the project.
inputs_of() {
  wm_inputs='' wm_paid='' wm_checked='' wm_record='' wm_edits_of=''
  while IFS= read -r wm_line; do
    case $wm_paid,$wm_line in
      *,'output '*) wm_paid=${wm_line#* } ;;
      *,'task-file '*) ;;
      *,'check '*) wm_checked=$wm_checked$wm_line$wm_nl ;;
      ,*) wm_inputs=$wm_inputs$wm_line$wm_nl ;;
      *,'base '* | *,'result '* | *,'patch '* | *,merged) wm_edits_of=$wm_edits_of$wm_line$wm_nl ;;
      *) wm_record=$wm_record$wm_line$wm_nl ;;
    esac
  done <"$1"
}

# has_outputs [WORKSPACE]: are the files there that the agent was asked to write?  Sets $wm_lacking to the first that is
# not.
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

# --- the prompt -------------------------------------------------------------

# assemble: writes .try/prompt.md: the body of the task, then what is read.  Each block stands between lines
# that carry its checksum: no text can contain its own, so none can end its block and speak as the task.  What other
# agents are sent as well goes apart (prefix.sh).
assemble() {
  clear_attempt
  printf '%s' "$wm_key" >"$wm_try/inputs" || fail "cannot write in $wm_me: is the disk full?"
  read_head
  wm_own_part='' wm_common=''
  if [ -n "$wm_group" ]; then . "$wm_here/prefix.sh"; fi
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

# escape_prompt: some CLIs take @WORD for a file to send, wherever it is in a prompt, but not \@WORD.
escape_prompt() {
  if ! LC_ALL=C grep -q "$wm_escape" "$wm_try/prompt.md"; then return; fi
  {
    LC_ALL=C sed "s/$wm_escape/\\\\&/g; s/\\\\\\\\$wm_escape/\\\\$wm_escape/g" "$wm_try/prompt.md"
    # shellcheck disable=SC2016 # Markdown
    printf '\n\nIn this text, `\\%s` stands for the character behind the backslash alone.\n' "$wm_escape"
  } >"$wm_try/escaped" || fail "cannot write the prompt: is the disk full?"
  mv -f "$wm_try/escaped" "$wm_try/prompt.md" || fail "cannot write the prompt: is the disk full?"
}

# What an attempt left whose recipe was killed.
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

# add_block NAME CHECKSUM PATH: what stands before the block goes into a file of its own, for cat.
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

# cut_input head|tail BYTES FILE: prints that part of it, of whole lines where there are any; nothing if it fits.  No more of it
# than that is read, however long it is.
cut_input() {
  wm_size=$(($(wc -c <"$3")))
  if [ "$wm_size" -le "$2" ]; then return 0; fi
  case $1 in
    head) dd if="$3" bs="$(($2 + 1))" count=1 2>/dev/null ;;
    tail) tail -c "$(($2 + 1))" "$3" ;;
  esac | LC_ALL=C awk -v program=cut -v keep="$1" -v max="$2" -f "$wm_here/lib.awk"
}

# read_rejection: sets $wm_rejection to what a person has said of the last answer, and that answer, for the prompt.
read_rejection() {
  wm_rejection=''
  if ! is_there "$wm_me/.rejected" || [ ! -s "$wm_me/output.md" ]; then return; fi
  IFS=$wm_nl
  wm_sum=$(LC_ALL=C $wm_digest "$wm_me/output.md") || fail "cannot read its output"
  IFS=$wm_blanks
  wm_sum=${wm_sum%% *}
  wm_rejection="
# Your last answer was rejected

$(cat "$wm_me/.rejected")

===== rejected answer $wm_sum =====
$(tail -c 64000 "$wm_me/output.md")
===== end $wm_sum =====

Answer again, in full.
"
}

say_lost() { wm_end="$wm_end${wm_nl}The agent \`$1\` did not get done: there is no output of it to read.$wm_nl"; }

# write_prompt: the cap is a limit of what cat may write, so that no prompt grows past it on disk either.  A shell
# counts it in units of 512 or of 1,024 bytes: what passes the smaller one is within the cap, all else is counted.
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
