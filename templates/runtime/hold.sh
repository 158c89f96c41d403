# What can delay an agent although its inputs are there: approval, a budget, a full pool.

# hold: returns 1 if it took a while: the agent's inputs may have changed by now.  Reads what read_limits sets.
hold() {
  if [ "$wm_approve" = before ] && ! approved "$wm_key"; then
    let_wait "$wm_key" || fail "cannot write in $wm_me: is the disk full?"
    not_run waiting "$(how_to_approve)"
  fi
  if [ -n "$wm_budgets" ]; then
    . "$wm_here/budget.sh"
    stay_within_budget
  fi
  if [ -z "$wm_size" ] || [ -n "$wm_seat" ]; then return 0; fi
  take_seat "$wm_pool" "$wm_size"
  [ -z "$wm_sat" ]
}

# read_limits: sets $wm_size to that of the agent's pool, $wm_budgets to a `WORD LIMIT [PER]` line each, and $wm_files if agents
# of the plan read or write files of the project.  They are the first lines of the plan's file.
read_limits() {
  wm_size='' wm_budgets='' wm_files=''
  while read -r wm_word wm_name wm_value; do
    case $wm_word,$wm_name in
      "pool,$wm_pool") wm_size=$wm_value ;;
      budget,*) wm_budgets="$wm_budgets$wm_name $wm_value$wm_nl" ;;
      files,*) wm_files=1 ;;
      pool,*) ;;
      *) break ;;
    esac
  done <"$wm_here/plan"
}
