# What an agent is paid for: the head of its task.md, what it reads, the key, the prompt.
# shellcheck shell=sh disable=SC2154,SC2034 # it is sourced by agent.sh

# read_head: reads the head of task.md and leaves the file open at its body, as descriptor 3.  $links are the
# lines that say what is read and waited for.
read_head() {
  settings='' links='' reads='' launch='' argv='' outputs='' checks='' needed='' pool='' approve='' tolerant=''
  folder='' own='' prompt=stdin retries=2 check_retries=0
  [ -r "$me/task.md" ] || fail "cannot read $me/task.md"
  exec 3<"$me/task.md"
  while IFS= read -r line <&3; do
    value=${line#* }
    case $line in
      ---) [ -z "$outputs" ] || restat='' && return ;; # its readers may read more than its answer
      'runner '*) runner=$value settings=$settings$line$nl ;;
      'model '*) model=$value settings=$settings$line$nl ;;
      'arg '* | 'command '* | 'with '*) settings=$settings$line$nl ;;
      'set '*) export "${value%%=*}=${value#*=}" ;;
      'timeout '*) timeout=$value ;;
      'max-prompt '*) cap=$value ;;
      'retries '*) retries=${value% *} check_retries=${value#* } ;;
      'pool '*) pool=$value ;;
      'env '*) needed="$needed $value" ;;
      'cwd '*) folder=$value ;;
      'prompt '*) prompt=$value ;;
      'isolate '*) own=$value ;;
      'approve '*) approve=$value ;;
      tolerant) tolerant=1 ;;
      'envelope '*) envelope=$value ;;
      'output '*) outputs=$outputs$value$nl ;;
      'check '*) checks=$checks$line$nl ;;
      'launch '*) launch=$launch+$value$nl ;;
      'run '*) argv=$argv+$value$nl ;;
      'read agent '* | 'after '*) reads="$reads ${line##* }" links=$links$line$nl ;;
      'read file '* | 'cut '* | 'by path') links=$links$line$nl ;;
    esac
  done
  fail "$me/task.md has no end of its head: compile the plan again"
}

# await_reads: waits until nothing that is read is being replaced; refuses to read a failure or nothing at
# all, unless the agent goes on without what failed.
await_reads() {
  lost=' '
  for name in $reads; do
    empty=0
    while held "$dir/$name/.lock"; do pause; done
    if [ ! -s "$dir/$name/output.md" ]; then
      if [ -z "$tolerant" ]; then
        [ -e "$dir/$name/output.md" ] || not_run blocked "$name has no output"
        not_run blocked "the output.md of $name is empty: to have it made again, rm -f $dir/$name/output.md"
      fi
      lost="$lost$name "
    elif ! good "$dir/$name"; then
      [ -n "$tolerant" ] || not_run blocked "$name is not done"
      lost="$lost$name "
    fi
  done
}

# good FOLDER: no status (a fresh clone), done, or an output that a person wrote after a failure; what waits for
# approval is edited without being approved.
good() {
  [ -e "$1/status.json" ] || return 0
  IFS= read -r line <"$1/status.json"
  case $line in
    *'"state":"done"'* | *'"state":"pinned"'*) return 0 ;;
    *'"state":"waiting"'*) return 1 ;;
  esac
  # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
  [ "$1/output.md" -nt "$1/status.json" ]
}

# changed: was anything that is read replaced or edited since the stamp?  Then key and prompt may tell of
# different texts.  A time that is the stamp's may be that of an edit after it: clocks of files tick slowly.  A file
# whose time is still to come is not waited for.
changed() {
  for name in $reads; do
    empty=0
    if held "$dir/$name/.lock"; then return 0; fi
  done
  looks=$((looks + 1)) newer=''
  if [ "$looks" -gt 3 ]; then return 1; fi
  set -f
  IFS=$nl
  for name in "$me/task.md" $paths; do
    # shellcheck disable=SC3013
    [ "$name" -ot "$me/.stamp" ] || newer=1
  done
  IFS=$blanks
  set +f
  [ -n "$newer" ]
}

# list_inputs: sets $paths to the files whose checksums are in the key, and $labels to what the key calls
# them, after a line for each that says how it is read.  What is lost has a label without a path.
list_inputs() {
  labels=task$nl paths=''
  IFS=$nl
  for line in $links; do
    name=${line##* }
    case $line in
      'read file '*) labels="${labels}read ./${line#read file }$nl" paths=$paths./${line#read file }$nl ;;
      'read agent '*)
        case $lost in *" $name "*) labels="${labels}lost read $name$nl" && continue ;; esac
        labels="${labels}read $name$nl" paths=$paths$dir/$name/output.md$nl ;;
      'after '*)
        case $lost in *" $name "*) labels="${labels}lost $line$nl" && continue ;; esac
        labels=$labels$line$nl paths=$paths$dir/$name/output.md$nl ;;
      *) labels=$labels$line$nl ;;
    esac
  done
  IFS=$blanks
}

# make_key: sets $sums, a checksum for the task and for each thing read, a line each, and $key from them.
make_key() {
  set -f
  list_inputs
  IFS=$nl
  # shellcheck disable=SC2086
  sums=$(LC_ALL=C $digest - $paths <&3 2>&1) || fail "cannot read its inputs: $(first_error)"
  # shellcheck disable=SC2086
  set -- $sums
  key=$settings
  for label in $labels; do
    case $label in
      'cut '* | 'by path') key=$key$label$nl ;;
      'lost '*) key="$key${label#lost } failed$nl" ;;
      *)
        key="$key$label ${1%% *}$nl"
        shift ;;
    esac
  done
  IFS=$blanks
  set +f
}

first_error() { printf '%s\n' "$sums" | grep -v '^[0-9a-f]\{64\} ' | tr '[:cntrl:]' ' ' | cut -c 1-200; }

# inputs_of KEY-FILE: sets $inputs to what was paid for, $paid to the checksum of the output, and $checked to
# the checks that it passed.
inputs_of() {
  inputs='' paid='' checked=''
  while IFS= read -r line; do
    case $line in
      'output '*) paid=${line#* } ;;
      'check '*) checked=$checked$line$nl ;;
      *) inputs=$inputs$line$nl ;;
    esac
  done <"$1"
}

# has_outputs: are the files there that the agent was asked to write?  Sets $lacking to the first that is not.
has_outputs() {
  lacking=''
  set -f
  IFS=$nl
  for name in $outputs; do
    [ -e "./$name" ] || lacking=${lacking:-$name}
  done
  IFS=$blanks
  set +f
  [ -z "$lacking" ]
}

# --- the prompt -------------------------------------------------------------

# assemble: writes .try/prompt.md: the body of the task, then what is read.  Each block stands between lines
# that carry its checksum: no text can contain its own, so none can end its block and speak as the task.
assemble() {
  clear_attempt
  printf '%s' "$key" >"$try/inputs" || fail "cannot write in $me: is the disk full?"
  read_head
  set -f
  IFS=$nl
  # shellcheck disable=SC2086
  set -- $sums
  blocks='' n=0 end='' how=''
  for label in $labels; do
    case $label in
      'cut '* | 'by path') how=$label && continue ;;
      'lost read '*) say_lost "${label##* }" && continue ;;
      'lost '*) continue ;;
      'read '*) add_block "${label#* }" "${1%% *}" "${1#* ?}" ;;
    esac
    how=''
    shift
  done
  IFS=$blanks
  if [ -n "$end$feedback" ]; then
    printf '%s' "$end$feedback" >"$try/end"
    blocks=$blocks$try/end$nl
  fi
  write_prompt
  set +f
}

# What an attempt left whose recipe was killed.
clear_attempt() {
  if [ ! -d "$try" ]; then
    mkdir "$try" || fail "cannot write in $me: is the disk full?"
    return
  fi
  for name in "$try"/*; do
    if [ -e "$name" ]; then rm -rf "${try:?}"/*; fi
    return 0
  done
}

# add_block NAME CHECKSUM PATH: what stands before the block goes into a file of its own, for cat.
add_block() {
  n=$((n + 1))
  shown=$1
  set -- "$1" "$2" "$3" "$try/body$n"
  case $how in
    'cut '*)
      bound=${how#cut }
      LC_ALL=C awk -v keep="${bound% *}" -v max="${bound#* }" -f "$here/cut.awk" "$3" >"$4" ||
        fail "cannot cut $1: is the disk full?"
      case $bound in head*) shown="$1 (its first ${bound#* } bytes)" ;; *) shown="$1 (its last ${bound#* } bytes)" ;; esac
      [ -s "$4" ] || set -- "$1" "$2" "$3" "$3"
      [ "$3" != "$4" ] || shown=$1 ;;
    'by path')
      shown="$1 (as a file)"
      # In a folder of its own, the agent does not see the project's paths.
      printf 'Read it yourself: %s\n' "${folder:+$PWD/}${3#./}" >"$4" ;;
    *) set -- "$1" "$2" "$3" "$3" ;;
  esac
  printf '%s\n===== input %s %s =====\n' "$end" "$shown" "$2" >"$try/fence$n"
  end="$nl===== end $2 =====$nl"
  blocks="$blocks$try/fence$n$nl$4$nl"
}

say_lost() { end="$end${nl}The agent \`$1\` did not get done: there is no output of it to read.$nl"; }

# write_prompt: the cap is a limit of what cat may write, so that no prompt grows past it on disk either.
write_prompt() {
  IFS=$nl
  # shellcheck disable=SC2086
  (
    trap '' XFSZ
    ulimit -f $((cap / 512))
    IFS=$nl
    LC_ALL=C exec cat - $blocks
  ) <&3 >"$try/prompt.md" 2>/dev/null
  written=$?
  IFS=$blanks
  if [ "$written" = 0 ]; then return; fi
  read_head
  IFS=$nl
  # shellcheck disable=SC2086
  size=$(cat - $blocks <&3 | wc -c)
  IFS=$blanks
  [ "$size" -le "$cap" ] ||
    fail "the prompt has $((size)) bytes, over max_prompt ($cap): read less, or raise it"
  read_head
  IFS=$nl
  # shellcheck disable=SC2086
  cat - $blocks <&3 >"$try/prompt.md" || fail "cannot write the prompt: is the disk full?"
  IFS=$blanks
}
