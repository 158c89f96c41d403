# The inputs of an agent: the head of its task.md, what it reads, the cache key.

# open_task: the same, but returns 1 if that fails, with the reason in $wm_odd.  $wm_links has the lines that say what
# the agent reads and waits for.
# shellcheck disable=SC2034 # some of it is for later
open_task() {
  wm_odd=''
  wm_stages='' wm_sets='' wm_settings='' wm_links='' wm_reads='' wm_launch='' wm_argv='' wm_outputs='' wm_checks='' wm_needed=''
  wm_pool='' wm_approve='' wm_tolerant='' wm_untrusted='' wm_price=''
  wm_workspace='' wm_copies='' wm_joined='' wm_setup='' wm_commit='' wm_author='' wm_resolve=''
  wm_when='' wm_follow='' wm_carry='' wm_until='' wm_passes='' wm_group='' wm_shares='' wm_prefixed=''
  wm_home=$wm_me wm_folder='' wm_own='' wm_prompt=stdin wm_escape='' wm_limit_wait=21600 wm_on_limit=wait wm_retries=2 wm_check_retries=0
  if is_odd "$wm_me/task.md" || [ ! -r "$wm_me/task.md" ]; then wm_odd="cannot read $wm_me/task.md" && return 1; fi
  exec 3<"$wm_me/task.md"
  while IFS= read -r wm_line; do
    wm_value=${wm_line#* }
    case $wm_line in
      ---) break ;;
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
      'home '*) wm_home=$wm_dir/$wm_value ;;
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
  done <&3
  if [ "$wm_line" != --- ]; then wm_odd="$wm_me/task.md has no end of its head: compile the plan again" && return 1; fi
  # Its readers may read more than its answer.
  if [ -n "$wm_outputs$wm_workspace" ]; then wm_restat=''; fi
}

# good FOLDER: no status (a fresh clone), done, or an output that a person wrote after a failure; what waits for
# approval is edited without being approved.
good() {
  read_state "$1"
  case $wm_line in
    '') if [ ! -e "$1/status.json" ]; then return 0; fi ;;
    *'"state":"done"'* | *'"state":"pinned"'* | *'"state":"skipped"'*) return 0 ;;
    *'"state":"waiting"'*) return 1 ;;
  esac
  # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
  [ ! "$1/output.md" -ot "$1/status.json" ]
}

# list_inputs: sets $wm_paths to the files whose checksums are in the key, and $wm_labels to what the key calls
# them, after a line for each that says how it is read.  A lost input has a label without a path.
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

# sum_inputs: sets $wm_sums; returns 1, with the reason in $wm_odd, if an input cannot be read.
sum_inputs() {
  set -f
  IFS=$wm_nl
  wm_odd=''
  for wm_name in $wm_paths; do
    [ -f "$wm_name" ] || [ ! -e "$wm_name" ] || wm_odd="$wm_name is not a regular file"
  done
  # shellcheck disable=SC2086
  [ -n "$wm_odd" ] || wm_sums=$(LC_ALL=C $wm_digest - $wm_paths "$wm_me/task.md" <&3 2>&1) || wm_odd=$(first_error)
  IFS=$wm_blanks
  set +f
  [ -z "$wm_odd" ]
}

# name_sums: sets $wm_key and $wm_task_file.
name_sums() {
  set -f
  IFS=$wm_nl
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

# inputs_of KEY-FILE: sets $wm_inputs to the inputs of the answer, $wm_paid to the checksum of the output, $wm_checked
# to the checks that it passed, $wm_record to the record of the files that it wrote, and $wm_edits_of to what is
# recorded of its edits: `base TREE`, `result TREE` and `patch SUM` lines, and `merged` if they are in the project.
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
