# A judge: a model that reads an answer and says PASS or FAIL.  This is read only if such an answer has to be checked.
#
#   DIR/AGENT/judge-N.md  how the judge is called, as in a task.md, and its question
#   DIR/AGENT/.judged     the verdicts: `JUDGE PROMPT VERDICT` lines, the first two are checksums
# The store has each verdict as it has answers: by how the judge is called, and by its prompt.  Its costs count towards the agent.

# shellcheck disable=SC2034,SC2154 # agent.sh sets and reads the same variables

# judge_answer FILE N SUM: sets $wm_reason if the answer does not pass.  SUM is the beginning of the checksum of the
# judge's file.
judge_answer() {
  wm_judge=$wm_me/judge-$2.md
  sum_of "$wm_judge"
  case $wm_sum in
    "${3%% *}"*) ;;
    *) wm_reason="its $wm_judge is not the one that was compiled: compile the plan again" && return ;;
  esac
  wm_judge_sum=$wm_sum
  read_judge
  write_judge_prompt "$1"
  sum_of "$wm_try/judge.prompt"
  wm_judge_sum="$wm_judge_sum $wm_sum"
  wm_judged_before=''
  if ! find_verdict && ! recall_verdict; then
    case $wm_judge_runner in
      rehearse) wm_said='PASS this is a rehearsal: nobody was asked' ;;
      *) ask_judge "$1" || ask_judge "$1" || wm_said='' ;;
    esac
    if [ -n "$wm_said" ] && [ "$wm_judge_runner" != rehearse ]; then
      keep_verdict
      store_verdict
    fi
  fi
  printf -- '--- its judge (%s) said%s: %s\n' "$wm_judge_runner${wm_judge_model:+ $wm_judge_model}" "$wm_judged_before" \
    "${wm_said:-nothing that counts}" >>"$wm_me/log.txt"
  : >"$wm_try/checked"
  case $wm_said in
    PASS*) ;;
    FAIL*)
      plain "${wm_said#FAIL}"
      wm_reason="its judge says FAIL:${wm_clean:- without a reason}" ;;
    *)
      # Another answer would not help: this one is judged again by the next make.
      wm_reason="its judge gave no verdict: $wm_judge_problem" wm_checked_now=''
      if [ "$wm_tries" != 0 ]; then
        wm_kept=1
        : >"$wm_try/billed"
      fi ;;
  esac
}

# read_judge: reads the head of the judge's file.
read_judge() {
  wm_judge_runner='' wm_judge_model='' wm_judge_timeout=600 wm_judge_argv='' wm_judge_launch='' wm_judge_prompt=stdin
  wm_judge_envelope=text wm_judge_escape='' wm_judge_sets='' wm_judge_needed='' wm_judge_reads='' wm_judge_problem=''
  exec 7<"$wm_judge"
  while IFS= read -r wm_line <&7; do
    wm_value=${wm_line#* }
    case $wm_line in
      ---) break ;;
      'runner '*) wm_judge_runner=$wm_value ;;
      'model '*) wm_judge_model=$wm_value ;;
      'timeout '*) wm_judge_timeout=$wm_value ;;
      'envelope '*) wm_judge_envelope=$wm_value ;;
      'escape '*) wm_judge_escape=$wm_value ;;
      'prompt '*) wm_judge_prompt=$wm_value ;;
      'set '*) wm_judge_sets=$wm_judge_sets$wm_value$wm_nl ;;
      'env '*) wm_judge_needed="$wm_judge_needed $wm_value" ;;
      'read file '*) wm_judge_reads=$wm_judge_reads./${wm_line#read file }$wm_nl ;;
      'read agent '*) wm_judge_reads=$wm_judge_reads$wm_dir/${wm_line#read agent }/output.md$wm_nl ;;
      'launch '*) wm_judge_launch=$wm_judge_launch+$wm_value$wm_nl ;;
      'run '*) wm_judge_argv=$wm_judge_argv+$wm_value$wm_nl ;;
    esac
  done
}

# write_judge_prompt FILE: the question, then the inputs, fenced by checksums as in every prompt.
write_judge_prompt() {
  cat <&7 >"$wm_try/judge.prompt" || fail "cannot write in $wm_me: is the disk full?"
  exec 7<&-
  add_judged 'the answer' "$1"
  if [ -n "$wm_workspace" ] && [ -s "$wm_try/changes.patch" ]; then
    add_judged 'what it changed' "$wm_try/changes.patch"
  elif [ -n "$wm_workspace" ] && [ "$1" = "$wm_me/output.md" ] && [ -s "$wm_me/changes.patch" ]; then
    add_judged 'what it changed' "$wm_me/changes.patch"
  fi
  IFS=$wm_nl
  for wm_name in $wm_judge_reads; do
    IFS=$wm_blanks
    wm_seen=$wm_name
    [ -z "$wm_workspace" ] || [ ! -f "$wm_tree/$wm_prefix$wm_name" ] || wm_seen=$wm_tree/$wm_prefix$wm_name
    if [ -n "$wm_untrusted" ]; then
      real_path "$wm_seen"
      wm_root=$(pwd -P)
      case $wm_real in
        "$wm_root/$wm_dir"/*) ;;
        "$wm_root"/.* | "$wm_root"/*/.*) fail "${wm_name#./} is a hidden file: an untrusted plan may not read it" ;;
        "$wm_root"/*) ;;
        *) fail "${wm_name#./} leads out of the project: an untrusted plan may not read it" ;;
      esac
    fi
    [ -f "$wm_seen" ] || fail "its judge is to read ${wm_name#./}, which does not exist"
    add_judged "${wm_name#./}" "$wm_seen"
    IFS=$wm_nl
  done
  IFS=$wm_blanks
  if [ -n "$wm_judge_escape" ] && LC_ALL=C grep -q "$wm_judge_escape" "$wm_try/judge.prompt"; then
    LC_ALL=C sed "s/$wm_judge_escape/\\\\&/g" "$wm_try/judge.prompt" >"$wm_try/judge.escaped" &&
      mv -f "$wm_try/judge.escaped" "$wm_try/judge.prompt"
  fi
}

# add_judged NAME FILE
add_judged() {
  sum_of "$2"
  {
    printf '\n===== input %s %s =====\n' "$1" "$wm_sum"
    cat "$2"
    printf '\n===== end %s =====\n' "$wm_sum"
  } >>"$wm_try/judge.prompt" || fail "cannot write in $wm_me: is the disk full?"
}

# find_verdict: sets $wm_said to this judge's verdict on this very prompt; returns 1 if it has given none.
find_verdict() {
  wm_said=''
  if ! is_there "$wm_me/.judged"; then return 1; fi
  while IFS= read -r wm_line; do
    case $wm_line in "$wm_judge_sum "*) wm_said=${wm_line#"$wm_judge_sum "} wm_judged_before=' before' ;; esac
  done <"$wm_me/.judged"
  [ -n "$wm_said" ]
}

keep_verdict() {
  {
    [ ! -f "$wm_me/.judged" ] || tail -n 49 "$wm_me/.judged"
    printf '%s %s\n' "$wm_judge_sum" "$wm_said"
  } >"$wm_try/judged" && mv -f "$wm_try/judged" "$wm_me/.judged"
}

# recall_verdict: the same, for the store, which other folders and machines may share.
recall_verdict() {
  wm_said=''
  if [ "$wm_judge_runner" = rehearse ] || ! fetch_verdict; then return 1; fi
  verdict_of "$wm_try/judge.known"
  if [ -z "$wm_said" ]; then return 1; fi
  wm_judged_before=' before'
  keep_verdict
}

# fetch_verdict: copies the store's verdict to .try/judge.known, or returns 1.
fetch_verdict() (
  describe_verdict && read_entry && fetch_blob "${wm_rest%%\"*}" "$wm_try/judge.known" || exit 1
  note_hit
)

# store_verdict: nothing depends on it.  Its cost is part of the answer's.
store_verdict() (
  wm_model=$wm_judge_model wm_costs='' wm_records=''
  printf '%s\n' "$wm_said" >"$wm_try/judge.known"
  may_write_store && describe_verdict && sum_of "$wm_try/judge.known" || exit 0
  wm_answer=$wm_sum
  make_places && store_blob "$wm_try/judge.known" "$wm_answer" || exit 0
  now
  place ac "$wm_ac"
  put_new_entry || { put_entry >"$wm_place.$$" && mv -f "$wm_place.$$" "$wm_place"; } || { rm -f "$wm_place.$$" && exit 0; }
  if [ -n "$wm_remote" ]; then send "$wm_try/judge.known" cas "$wm_answer" && send "$wm_place" ac "$wm_ac"; fi
) 2>/dev/null

# describe_verdict: in a subshell, sets what describe_key sets for an answer; returns 1 without a store.
describe_verdict() {
  find_store
  if [ -z "$wm_store" ]; then return 1; fi
  wm_agent="judge of $wm_agent" wm_key="judge $wm_judge_runner$wm_nl${wm_judge_model:+model $wm_judge_model$wm_nl}"
  IFS=$wm_nl
  for wm_word in $wm_judge_argv; do wm_key="${wm_key}with word ${wm_word#+}$wm_nl"; done
  IFS=$wm_blanks
  wm_key="${wm_key}prompt ${wm_judge_sum#* }$wm_nl"
  describe_key
}

# ask_judge FILE: sets $wm_said to its verdict; returns 1 with $wm_judge_problem if it gave none.
ask_judge() {
  if [ "$wm_tries" = 0 ] && [ -n "$wm_budgets" ]; then
    # shellcheck disable=SC1091 # it is linked where a plan has a budget
    . "$wm_here/budget.sh"
    stay_within_budget
  fi
  open_private
  wm_said='' wm_judge_problem=''
  wm_program=${wm_judge_launch:-$wm_judge_argv}
  wm_program=${wm_program%%"$wm_nl"*}
  if ! command -v "${wm_program#+}" >/dev/null 2>&1; then
    wm_judge_problem="${wm_program#+} is not installed (runner $wm_judge_runner)"
    return 1
  fi
  wm_judge_cwd=$PWD
  [ -z "$wm_workspace" ] || [ ! -d "$wm_tree/$wm_prefix" ] || wm_judge_cwd=$PWD/$wm_tree/$wm_prefix
  set --
  IFS=$wm_nl
  for wm_word in $wm_judge_launch; do
    wm_word=${wm_word#+}
    case $wm_word in "$wm_dir/runtime/"*) wm_word=$wm_here/${wm_word#"$wm_dir/runtime/"} ;; esac
    set -- "$@" "$wm_word"
  done
  # shellcheck disable=SC2016 # sh's own
  set -- "$@" sh -c 'cd "$0" && exec "$@"' "$wm_judge_cwd"
  for wm_word in $wm_judge_sets; do set -- "$@" env "$wm_word"; done
  for wm_word in $wm_judge_argv; do
    case $wm_judge_prompt,$wm_word in
      file,*'{prompt}'*) wm_word=${wm_word%%'{prompt}'*}$PWD/$wm_try/judge.prompt${wm_word#*'{prompt}'} ;;
    esac
    set -- "$@" "${wm_word#+}"
  done
  IFS=$wm_blanks
  wm_judge_given=$wm_try/judge.prompt
  [ "$wm_judge_prompt" = stdin ] || wm_judge_given=/dev/null
  wm_usual_timeout=$wm_timeout wm_usual_needed=$wm_needed
  wm_timeout=$wm_judge_timeout wm_needed="$wm_needed $wm_judge_needed"
  rm -f "$wm_try"/judge.answer
  : >"$wm_try/judge.log"
  say "wave $wm_wave: $wm_agent is judged ($wm_judge_runner${wm_judge_model:+ $wm_judge_model})"
  lead /dev/null "$wm_judge_given" "$wm_try/judge.said" "$wm_try/judge.log" "$@"
  mask_or_fail "$wm_try/judge.said" "$wm_try/judge.log"
  wm_timeout=$wm_usual_timeout wm_needed=$wm_usual_needed
  read_verdict
  cat "$wm_try/judge.log" >>"$wm_me/log.txt"
  [ -n "$wm_said" ]
}

# read_verdict: takes the judge's answer out of its envelope, and the verdict out of the answer.
read_verdict() {
  wm_judge_end=''
  has_ended "$wm_rc" || wm_judge_end="ended without a status, or timed out after ${wm_judge_timeout}s"
  case $wm_judge_end,$wm_status in ,0) ;; ,*) wm_judge_end="exit status $wm_status" ;; esac
  if [ "$wm_judge_envelope" = text ]; then
    mv -f "$wm_try/judge.said" "$wm_try/judge.answer"
    wm_judge_problem=$wm_judge_end
  else
    LC_ALL=C awk -v answer="$wm_try/judge.answer" -v result= -v log_file="$wm_try/judge.log" -v ending="$wm_judge_end" \
      -f "$wm_here/envelope-$wm_judge_envelope.awk" "$wm_try/judge.said" >"$wm_try/judge.verdict" 2>/dev/null
    IFS= read -r wm_line <"$wm_try/judge.verdict" || wm_line='error cannot read what it printed'
    case $wm_line in 'error '*) wm_judge_problem=${wm_line#error } ;; esac
    [ -n "$wm_judge_problem" ] || [ -e "$wm_try/judge.answer" ] || mv -f "$wm_try/judge.said" "$wm_try/judge.answer"
  fi
  bill_judge
  if [ -n "$wm_judge_problem" ]; then return; fi
  verdict_of "$wm_try/judge.answer"
  if [ -z "$wm_said" ]; then
    plain "$(dd if="$wm_try/judge.answer" bs=200 count=1 2>/dev/null | LC_ALL=C tr '\n' ' ')"
    wm_judge_problem="it said neither PASS nor FAIL${wm_clean:+, but: $wm_clean}"
  fi
}

verdict_of() { wm_said=$(LC_ALL=C awk -f "$wm_here/verdict.awk" "$1" 2>/dev/null); }

# bill_judge: adds its costs to the agent's, but not its model and session.
bill_judge() {
  wm_judged=$((wm_judged + 1)) wm_usd='' wm_tokens=''
  if [ "$wm_judge_envelope" != text ]; then
    while read -r wm_word wm_value; do
      case $wm_word in cost | tokens_in | tokens_out | cache_read | cache_write | turns) ;; *) continue ;; esac
      case $wm_value in '' | *[!0-9.eE+-]*) continue ;; esac
      wm_bill="$wm_bill$wm_word $wm_value$wm_nl"
      case $wm_word in
        cost) wm_usd=$wm_value ;;
        tokens_*) wm_tokens=$((${wm_tokens:-0} + ${wm_value%%[!0-9]*})) ;;
      esac
    done <"$wm_try/judge.verdict"
  fi
  if [ -n "$wm_budgets" ]; then book "$wm_judge_runner" "$wm_dir/runs/.spent.$wm_run"; fi
  if [ -e "$wm_dir/runs/.ledger" ]; then book "$wm_judge_runner" "$wm_dir/runs/.ledger"; fi
}
