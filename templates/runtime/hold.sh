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

# approved TEXT: has a person approved this text?
approved() { [ -f "$wm_me/approved" ] && [ "$(cat "$wm_me/approved")" = "${1%"$wm_nl"}" ]; }

# let_wait TEXT: lets this text wait for approval.  If another text was shown before, .shown says so: approve then has
# to name the text.  Sets $wm_sum to the beginning of its checksum.
let_wait() {
  if is_there "$wm_me/.waiting" && [ "$(cat "$wm_me/.waiting")" != "${1%"$wm_nl"}" ]; then printf '' >"$wm_me/.shown"; fi
  printf '%s' "$1" >"$wm_me/.waiting" || return 1
  wm_blanks_now=$IFS
  IFS=$wm_nl
  # shellcheck disable=SC2086 # shasum has words
  wm_sum=$(LC_ALL=C $wm_digest "$wm_me/.waiting")
  IFS=$wm_blanks_now
  wm_sum=${wm_sum%"${wm_sum#????????????}"}
}

# how_to_approve: the command that approves what was just shown.
how_to_approve() {
  case $wm_approve in before) printf 'its prompt' ;; *) printf 'its answer' ;; esac
  printf ' is not approved yet: '
  how_to approve "SUM=$wm_sum"
}

# how_to_force: what a person adds to run this agent again.
how_to_force() {
  if [ -n "$wm_ninja${WAVEMAKE_CLOCK:-}" ]; then printf 'FORCE=1'; else printf 'WAVEMAKE_FORCE=%s' "$wm_agent"; fi
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
