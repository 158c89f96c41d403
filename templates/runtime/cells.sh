# Agents whose cells a run makes: one for each item of a list that is another agent's answer.
#
# Such an agent is a stage: its recipe makes the cells of the list, has make (or ninja) run them within the same
# jobserver, and its answer is the list of their names.  Its readers read its cells.
# shellcheck shell=sh disable=SC2154,SC2034 # it is sourced by agent.sh

# --- what reads cells -----------------------------------------------------------

# name_cells_read: puts the cells of those in $wm_stages into $wm_links and $wm_reads.  A stage without a list adds
# nothing: as for any agent, it is found not to be done.
name_cells_read() {
  wm_names=$wm_links wm_links='' wm_reads='' wm_how=''
  IFS=$wm_nl
  for wm_line in $wm_names; do
    case $wm_line in
      'cut '* | 'by path') wm_how=$wm_line$wm_nl && continue ;;
      'read file '*) wm_links=$wm_links$wm_how$wm_line$wm_nl ;;
      *)
        wm_name=${wm_line##* }
        case "$wm_stages " in
          *" $wm_name "*) cells_of "$wm_name" || wm_cells=$wm_name$wm_nl ;;
          *) wm_cells=$wm_name$wm_nl ;;
        esac
        for wm_name in $wm_cells; do
          wm_links=$wm_links$wm_how${wm_line% *}' '$wm_name$wm_nl wm_reads="$wm_reads $wm_name"
        done ;;
    esac
    wm_how=''
  done
  IFS=$wm_blanks
}

# cells_of STAGE: sets $wm_cells to the names in its list, a line each; is there one?
cells_of() {
  wm_cells=''
  if is_odd "$wm_dir/$1/output.md" || [ ! -s "$wm_dir/$1/output.md" ]; then return 1; fi
  while IFS= read -r wm_item; do
    case $wm_item in "- [$1-"*']('*) ;; *) continue ;; esac
    wm_item=${wm_item#"- ["}
    wm_item=${wm_item%%"]("*}
    case $wm_item in *[!A-Za-z0-9._-]*) ;; *) wm_cells=$wm_cells$wm_item$wm_nl ;; esac
  done <"$wm_dir/$1/output.md"
}

# --- the stage ------------------------------------------------------------------

# keep_make: saves the variables and descriptors that the make of the cells needs: agent.sh removes them.  A
# pipe of the jobserver may have the number by which agent.sh reads a task.
keep_make() {
  wm_make=${WAVEMAKE_MAKE:-make} wm_make_flags=${MAKEFLAGS:-} wm_make_level=${MAKELEVEL:-}
  wm_inside=${WAVEMAKE_INSIDE:-} wm_forcing=${WAVEMAKE_FORCE:-} wm_only=${WAVEMAKE_CELLS:-} wm_lacks=${WAVEMAKE_MISSING:-}
  wm_options=${WAVEMAKE_NINJA:-} wm_prefix_of='' wm_submake='' wm_wanted='' wm_scratch=''
  unset WAVEMAKE_CELLS WAVEMAKE_MAKE
  case " $wm_only" in *" $wm_agent-"*) ;; *) wm_only='' ;; esac
  # Some shells close the descriptors that they open for what they start, unless these are named there.
  wm_pipe=''
  case " $wm_make_flags " in
    *--jobserver-auth=3,* | *--jobserver-fds=3,* | *--jobserver-auth=[0-9]*,3' '* | *--jobserver-fds=[0-9]*,3' '*)
      exec 7<&3
      wm_pipe=1 ;;
  esac
}

# run_stage: makes the cells and runs them, until none of their inputs has changed meanwhile.
run_stage() {
  open_private
  wm_turns=0
  while :; do
    wm_turns=$((wm_turns + 1))
    look
    trust_task
    expand_list
    [ -z "$wm_only" ] || narrow_down
    run_cells
    count_failed
    if [ -n "$wm_failed_cells" ]; then
      [ -z "$wm_for_person" ] || accept_list blocked "$wm_for_person"
      accept_list failed "$wm_failed_cells"
    fi
    # A person may have edited what a cell has read.
    echo stamp >"$wm_me/.stamp" || fail "cannot write in $wm_me: is the disk full?"
    wm_before=$wm_key
    read_head
    make_key
    if [ "$wm_key" = "$wm_before" ] && cells_are_fresh; then accept_list 'done' ''; fi
    if [ -n "$wm_only" ]; then leave_rest; fi
    [ "$wm_turns" -lt 3 ] || accept_list failed "what its cells are made from changes while they run"
  done
}

# expand_list: makes the cells that the list names.  Without a list that can be used there are none.
expand_list() {
  wm_list_of=''
  while IFS= read -r wm_line; do
    case $wm_line in
      'list '*) wm_list_of=${wm_line#list } ;;
      ---) break ;;
    esac
  done <"$wm_me/task.md"
  case $wm_list_of in
    'file '*) wm_list_of=./${wm_list_of#file } ;;
    *)
      case $wm_lost in *" ${wm_list_of#agent } "*) no_list "${wm_list_of#agent } is not done, so its list is unknown" ;; esac
      wm_list_of=$wm_dir/${wm_list_of#agent }/output.md ;;
  esac
  wm_scratch=$wm_private/cells.$wm_agent.$$
  rm -rf "$wm_scratch"
  mkdir "$wm_scratch" || fail "cannot write in $wm_private: is the disk full?"
  ! is_endless "$wm_list_of" || no_list "$wm_list_of is not a regular file"
  cat "$wm_list_of" >"$wm_scratch/list" || no_list "cannot read its list"
  [ -n "$wm_prefix_of" ] || read_prefix
  wm_cell_answer=output.md wm_target=$wm_me/.answer
  [ "$wm_mode" != settle ] || wm_target=$wm_me/.ended
  [ -z "$wm_ninja" ] || wm_cell_answer=.answer
  IFS=$wm_nl
  # shellcheck disable=SC2086 # shasum has words
  set -- $wm_digest
  IFS=$wm_blanks
  if ! wm_said=$(LC_ALL=C awk -f "$wm_here/cells.awk" "stage=$wm_agent" "dir=$wm_dir" "scratch=$wm_scratch" \
    "digest=$*" "wave=$wm_wave" "ninja=$wm_ninja" "target=$wm_target" "prefix=$wm_prefix_of" \
    "run=sh $wm_here/agent.sh . $wm_dir $wm_total" - </dev/null 2>&1); then
    case $wm_said in
      'bad '*) no_list "${wm_said#bad }" ;;
      *) fail "cannot make its cells: ${wm_said:-is the disk full?}" ;;
    esac
  fi
  wm_cells=''
  while IFS= read -r wm_item; do
    case $wm_item in "- ["*) wm_item=${wm_item#"- ["} && wm_cells=$wm_cells${wm_item%%"]("*}$wm_nl ;; esac
  done <"$wm_scratch/output.md"
}

# no_list REASON: makes sure that no agent reads the cells of an earlier list.
no_list() {
  rm -f "$wm_me/output.md" "$wm_me/key" "$wm_me/cells.json" "$wm_me/.needs" "$wm_me/.files"
  printf '%s\n' "$1" >"$wm_me/log.txt"
  fail "$1"
}

read_prefix() {
  while read -r wm_word wm_value; do
    case $wm_word in prefix) wm_prefix_of=$wm_value && break ;; esac
  done <"$wm_here/plan"
}

# narrow_down: selects the cells that were asked for.
narrow_down() {
  wm_wanted=''
  for wm_name in $wm_only; do
    case $wm_name in "$wm_agent-"*) ;; *) continue ;; esac
    case $wm_nl$wm_cells in
      *"$wm_nl$wm_name$wm_nl"*) wm_wanted="$wm_wanted $wm_dir/$wm_name/$wm_cell_answer" ;;
      *) fail "$wm_name is not in its list" ;;
    esac
  done
}

# run_cells: one sub-make for all of them: it shares the jobserver, and goes on past a failure.
run_cells() {
  set --
  case " $wm_forcing " in
    *" $wm_agent "* | *' all '* | *" wave-$wm_wave "*)
      IFS=$wm_nl
      set -f
      # shellcheck disable=SC2086
      set -- $wm_cells
      set +f
      IFS=$wm_blanks ;;
  esac
  wm_force="$wm_forcing $*"
  [ "$wm_turns" = 1 ] || wm_force=''
  IFS=$wm_nl
  for wm_name in $wm_cells; do
    case " $wm_force " in
      *" $wm_name "*)
        rm -f "$wm_dir/$wm_name/.answer"
        touch -c -t 198001020000 "$wm_dir/$wm_name/output.md" ;;
    esac
  done
  IFS=$wm_blanks
  if [ -f "$wm_scratch/again" ]; then
    while IFS= read -r wm_name; do [ -z "$wm_name" ] || rm -f "$wm_dir/$wm_name/.answer"; done <"$wm_scratch/again"
  fi
  if [ -z "$wm_cells" ]; then return; fi
  if [ "$wm_turns" = 1 ] && ! is_there "$wm_me/.needs"; then look_at_all; fi
  # The total that progress is counted against.
  IFS=$wm_nl
  set -f
  # shellcheck disable=SC2086
  set -- $wm_cells
  set +f
  IFS=$wm_blanks
  [ "$wm_turns" != 1 ] || printf '%s\n' "$#" >>"$wm_dir/runs/.cells.$wm_run"
  wm_noun=cells
  [ "$#" != 1 ] || wm_noun=cell
  say "wave $wm_wave: $wm_agent has $# $wm_noun"
  trap 'end_cells 129' HUP
  trap 'end_cells 130' INT
  trap 'end_cells 131' QUIT
  trap 'end_cells 143' TERM
  (
    export_for_cells
    # shellcheck disable=SC2086
    if [ -n "$wm_pipe" ]; then
      exec "$wm_make" -k -r -s --no-print-directory -f "$wm_scratch/rules" ${wm_wanted:-all} 3<&7
    elif [ -n "$wm_ninja" ]; then
      exec ninja -f "$wm_scratch/rules" $wm_options ${wm_wanted:-all}
    else
      exec "$wm_make" -k -r -s --no-print-directory -f "$wm_scratch/rules" ${wm_wanted:-all}
    fi
  ) &
  wm_submake=$!
  wait "$wm_submake"
  wm_submake=''
  trap_signals
}

# look_at_all: in a clone times are unknown: each cell is compared by content.
look_at_all() {
  IFS=$wm_nl
  for wm_name in $wm_cells; do
    rm -f "$wm_dir/$wm_name/.answer"
    touch -c -t 198001020000 "$wm_dir/$wm_name/output.md"
  done
  IFS=$wm_blanks
}

# export_for_cells: restores the environment of a recipe, as the make above has set it.
export_for_cells() {
  export MAKEFLAGS="$wm_make_flags" MAKELEVEL="$wm_make_level" WAVEMAKE_INSIDE="$wm_inside" WAVEMAKE_FORCE="$wm_force"
  export WAVEMAKE_MISSING="$wm_lacks" WAVEMAKE_RUN="$wm_run" WAVEMAKE_QUIET="$wm_quiet" WAVEMAKE_VOICE="$wm_voice"
  export WAVEMAKE_PRIVATE="$wm_here" WAVEMAKE_PLACE="$wm_host $wm_kernel"
  # This process only waits: its cells renew its lock.
  export WAVEMAKE_STAGE_LOCK="$wm_me/.lock"
  [ -n "$wm_inside" ] || unset WAVEMAKE_INSIDE
  [ -z "$wm_ninja" ] || export WAVEMAKE_RESTAT=1
}

# end_cells STATUS: a signal came; the sub-make ends what it has started.
end_cells() {
  trap '' HUP INT QUIT TERM
  if [ -n "$wm_submake" ]; then
    kill -TERM "$wm_submake" 2>/dev/null
    wait "$wm_submake" 2>/dev/null
  fi
  stop "$1"
}

# count_failed: sets $wm_failed_cells to the states of those that are not done, or to nothing; and $wm_for_person to the
# reason if all of these wait for a person, which is not a failure.
count_failed() {
  wm_n=0 wm_bad=0 wm_failed_cells='' wm_for_person='' wm_broken=''
  IFS=$wm_nl
  for wm_name in $wm_cells; do
    wm_n=$((wm_n + 1))
    case " ${wm_only:-$wm_name} " in *" $wm_name "*) ;; *) continue ;; esac
    if [ -s "$wm_dir/$wm_name/output.md" ] && good "$wm_dir/$wm_name"; then continue; fi
    wm_bad=$((wm_bad + 1))
    [ "$wm_bad" -gt 5 ] || wm_failed_cells="$wm_failed_cells, $wm_name"
    read_state "$wm_dir/$wm_name"
    case $wm_line,$wm_for_person in
      *'"state":"asked"'*) wm_for_person="$wm_name waits for an answer" ;;
      *'"state":"waiting"'*,) wm_for_person="$wm_name waits for approval" ;;
      *'"state":"waiting"'*) ;;
      *) wm_broken=1 ;;
    esac
  done
  IFS=$wm_blanks
  if [ "$wm_bad" = 0 ]; then return; fi
  [ -z "$wm_broken" ] || wm_for_person=''
  [ "$wm_bad" -le 5 ] || wm_failed_cells="$wm_failed_cells, ..."
  wm_failed_cells="$wm_bad of $wm_n cells not done: ${wm_failed_cells#, }"
}

# cells_are_fresh: are all inputs of the cells unchanged since they ran?
cells_are_fresh() {
  if [ -n "$wm_ninja" ] || [ -z "$wm_cells" ]; then return; fi
  # What is always looked at is not asked.
  LC_ALL=C sed 's/ again$//' "$wm_scratch/rules" >"$wm_scratch/look"
  MAKEFLAGS='' "$wm_make" -q -r -s -f "$wm_scratch/look" all >/dev/null 2>&1
}

# leave_rest: the cells that were asked for are done, but others may not be: make has to run this recipe again.
leave_rest() {
  keep_list
  enter_ending
  backdate
  settle_status 'not run' "not all of its cells were asked for"
  leave 0
}

# keep_list: puts the list in place, with its key.
keep_list() {
  clear_attempt
  IFS=$wm_nl
  wm_answer=$(LC_ALL=C $wm_digest "$wm_scratch/output.md") || fail "cannot read its list"
  IFS=$wm_blanks
  {
    cat "$wm_scratch/output.md" >"$wm_try/output.md" && cat "$wm_scratch/cells.json" >"$wm_try/cells.json" &&
      cat "$wm_scratch/needs" >"$wm_try/.needs" && cat "$wm_scratch/files" >"$wm_try/.files" &&
      printf '%soutput %s\n%s' "$wm_key" "${wm_answer%% *}" "$wm_task_file" >"$wm_try/key"
  } || fail "cannot write in $wm_me: is the disk full?"
  mark_sights
  LC_ALL=C mv -f "$wm_try/key" "$wm_try/cells.json" "$wm_try/.needs" "$wm_try/.files" "$wm_try/output.md" "$wm_me/" || fail "cannot replace its list"
}

# mark_sights: notes which files in the conditions of its cells exist.
mark_sights() {
  case $wm_nl$wm_when in *"${wm_nl}file "*) load skip.sh ;; *) return ;; esac
  wm_sight=0
  while IFS= read -r wm_line; do
    case $wm_line in 'file '*) weigh_file "${wm_line#file }" ;; esac
  done <<END
$wm_when
END
}

# accept_list OUTCOME WHY: ends here.
accept_list() {
  enter_ending
  keep_list
  if [ "$1" != 'done' ]; then
    printf '%s\n' "$2" >"$wm_me/log.txt"
    backdate
  else
    LC_ALL=C touch -r "$wm_me/.stamp" "$wm_me/output.md" || fail "cannot set the time of its list"
  fi
  rm -rf "$wm_scratch"
  settle_status "$1" "$2"
  [ "$1" = 'done' ] || leave 1
  leave 0
}
