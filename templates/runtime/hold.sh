# What may keep an agent from starting although its inputs are there: approval, a budget, a full pool.

# hold: returns 1 if it took a while: what the agent reads may be another by now.  Reads what read_limits sets.
hold() {
  if [ "$wm_approve" = before ] && ! approved "$wm_key"; then
    let_wait "$wm_key" || fail "cannot write in $wm_me: is the disk full?"
    not_run waiting "$(how_to_approve)"
  fi
  [ -z "$wm_budgets" ] || stay_within_budget
  if [ -z "$wm_size" ] || [ -n "$wm_seat" ]; then return 0; fi
  take_seat "$wm_pool" "$wm_size"
  [ -z "$wm_sat" ]
}

# approved TEXT: is that what a person has approved?
approved() { [ -f "$wm_me/approved" ] && [ "$(cat "$wm_me/approved")" = "${1%"$wm_nl"}" ]; }

# let_wait TEXT: what waits for approval.  Where another text was shown before, .shown says so: the one to approve has to be
# named.  Sets $wm_sum to how its checksum begins.
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

# how_to_approve: what was just shown, by what is typed.
how_to_approve() {
  case $wm_approve in before) printf 'its prompt' ;; *) printf 'its answer' ;; esac
  if [ -n "$wm_ninja" ]; then
    printf ' is not approved yet: sh %s/runtime/ninja.sh approve-%s SUM=%s' "$wm_dir" "$wm_agent" "$wm_sum"
  elif [ -n "${WAVEMAKE_CLOCK:-}" ]; then
    printf ' is not approved yet: make approve-%s SUM=%s' "$wm_agent" "$wm_sum"
  else
    printf ' is not approved yet: SUM=%s sh %s/runtime/drive.sh approve-%s %s' "$wm_sum" "$wm_dir" "$wm_agent" "$wm_dir"
  fi
}

# read_limits: sets $wm_size to that of the agent's pool, $wm_budgets to a `WORD LIMIT` line each, and $wm_files if agents
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

# stay_within_budget: what the run has spent is in runs/.spent.RUN: `start AGENT USD` and `spent AGENT USD TOKENS`, a line
# for each try, "?" for what was not reported.  Agents at work count by their estimate, so that many at once do not all
# start below the limit: an agent waits until what is left is enough for it, or nobody is at work.
stay_within_budget() {
  wm_ledger=$wm_dir/runs/.spent.$wm_run wm_word=wait
  if [ -z "$wm_price" ]; then estimate_price; fi
  while [ "$wm_word" = wait ]; do
    mkdir -p "$wm_dir/.pools"
    wm_refused=0 wm_empty=0
    until take "$wm_dir/.pools/.budget"; do
      if [ -e "$wm_dir/.pools/.budget" ] && dead "$wm_dir/.pools/.budget"; then steal "$wm_dir/.pools/.budget"; fi
      pause
    done
    decide_by_budget
    [ -n "$wm_word" ] || printf 'start %s %s\n' "$wm_agent" "$wm_price" >>"$wm_ledger"
    rm -f "$wm_dir/.pools/.budget"
    if [ "$wm_word" = wait ]; then waits "the budget (agents at work may need what is left)" && pause 1; fi
  done
  if [ -z "$wm_word" ]; then return; fi
  # A try that failed has its words beside it: there is to be another only when the budget is raised.
  [ "$wm_tries" = 0 ] || [ -z "$wm_reason" ] || wm_over="$wm_over; its last try failed: $wm_reason"
  not_run "over budget" "$wm_over"
}

# estimate_price: sets $wm_price to what the agent cost last time, or to "?".
estimate_price() {
  wm_price='?'
  read_status
  case $wm_line in *',"cost":'[0-9]*) wm_price=${wm_line#*',"cost":'} wm_price=${wm_price%%[,\}]*} ;; esac
  case $wm_price in *[!0-9.eE+-]*) wm_price='?' ;; esac
}

# decide_by_budget: sets $wm_word to "over", with $wm_over, to "wait", or to nothing.
decide_by_budget() {
  wm_word='' wm_over=''
  if [ ! -f "$wm_ledger" ]; then return; fi
  find_spenders
  read -r wm_word wm_over <<END
$(printf '%s' "$wm_budgets" | LC_ALL=C awk -v program=budget -v budget_own="$wm_price" -v budget_names="$wm_spenders" \
    -f "$wm_here/lib.awk" - "$wm_ledger")
END
}

# find_spenders: sets $wm_spenders to the other agents of this run that have started, and are at work still.
find_spenders() {
  wm_spenders=''
  while read -r wm_word wm_name wm_value; do
    case $wm_word,$wm_name in
      start,"$wm_agent") ;;
      start,*) case " $wm_spenders " in *" $wm_name "*) ;; *) wm_spenders="$wm_spenders $wm_name" ;; esac ;;
    esac
  done <"$wm_ledger"
  # shellcheck disable=SC2086 # a name a word
  set -- $wm_spenders
  wm_spenders=''
  for wm_name; do
    wm_empty=0
    if held "$wm_dir/$wm_name/.lock"; then wm_spenders="$wm_spenders $wm_name"; fi
  done
}
