# Budgets: what was spent, and whether the rest is enough for one more agent.
#
# The budget of a run goes by runs/.spent.RUN, one of a day, a week or a month by runs/.ledger, which all runs share.  Both
# have a line for each try, "?" for what was not reported:
#
#   start AGENT USD RUN TIME          it counts by its estimate from now on
#   spent AGENT USD TOKENS RUN TIME   it has ended
#   void AGENT RUN TIME               it was not started after all
#
# Days begin at midnight UTC, weeks on Monday.  A try is of the day on which it ended.  If the clock was set back,
# entries at most a day in the future still count.

# stay_within_budget: agents at work count by their estimate, so that many at once do not all start below the limit: an
# agent waits until the rest is enough for it, or no agent is at work.
stay_within_budget() {
  choose_ledger "$wm_run"
  wm_word="wait"
  if [ -z "$wm_price" ]; then estimate_price; fi
  while [ "$wm_word" = wait ]; do
    mkdir -p "$wm_dir/.pools"
    wm_refused=0 wm_empty=0
    until take "$wm_dir/.pools/.budget"; do
      if [ -e "$wm_dir/.pools/.budget" ] && dead "$wm_dir/.pools/.budget"; then steal "$wm_dir/.pools/.budget"; fi
      pause
    done
    begin_ledger
    now
    decide_by_budget
    [ -n "$wm_word" ] || { printf 'start %s %s %s %s\n' "$wm_agent" "$wm_price" "$wm_run" "$wm_epoch" >>"$wm_ledger" && wm_reserved=1; }
    rm -f "$wm_dir/.pools/.budget"
    if [ "$wm_word" = wait ]; then waits "the budget (agents at work may need what is left)" && pause 1; fi
  done
  if [ -z "$wm_word" ]; then return; fi
  # The reason of a failed try is added; another try needs a higher budget.
  [ "$wm_tries" = 0 ] || [ -z "$wm_reason" ] || wm_over="$wm_over; its last try failed: $wm_reason"
  not_run "over budget" "$wm_over"
}

# choose_ledger RUN: sets $wm_ledger, by $wm_budgets.
choose_ledger() {
  case $wm_budgets in
    *' day'* | *' week'* | *' month'*) wm_ledger=$wm_dir/runs/.ledger ;;
    *) wm_ledger=$wm_dir/runs/.spent.$1 ;;
  esac
}

# begin_ledger: the first budget for several runs counts what earlier runs have spent.  From then on every run, whatever
# its budget, adds to it.
begin_ledger() {
  case $wm_ledger in *.ledger) ;; *) return 0 ;; esac
  if is_there "$wm_ledger"; then
    own_file "$wm_ledger"
    return
  fi
  earlier_spending >"$wm_ledger.$$" && mv -f "$wm_ledger.$$" "$wm_ledger"
}

# earlier_spending: the lines of a ledger for all runs of which there are events.
earlier_spending() {
  set +f
  set -- "$wm_dir/runs/oldest.jsonl" "$wm_dir"/runs/[0-9]*.jsonl "$wm_dir/events.jsonl"
  for wm_file; do
    shift
    if [ -f "$wm_file" ] && [ ! -h "$wm_file" ]; then set -- "$@" "$wm_file"; fi
  done
  [ "$#" = 0 ] || LC_ALL=C awk -v program=ledger -f "$wm_here/lib.awk" "$@"
}

# estimate_price: sets $wm_price to what the agent cost last time, or to "?".
estimate_price() {
  wm_price='?'
  read_status "$wm_me/status.json"
  case $wm_line in *',"cost":'[0-9]*) wm_price=${wm_line#*',"cost":'} wm_price=${wm_price%%[,\}]*} ;; esac
  case $wm_price in *[!0-9.eE+-]*) wm_price='?' ;; esac
}

# decide_by_budget: sets $wm_word to "over", with $wm_over, to "wait", or to nothing.
decide_by_budget() {
  wm_word='' wm_over=''
  if [ ! -f "$wm_ledger" ]; then return; fi
  find_spenders "$wm_agent"
  read -r wm_word wm_over <<END
$(printf '%s' "$wm_budgets" | LC_ALL=C awk -v program=budget -v budget_own="$wm_price" -v budget_names="$wm_spenders" \
    -v budget_self="$wm_agent $wm_run" -v budget_now="$wm_epoch" -f "$wm_here/lib.awk" - "$wm_ledger")
END
}

# find_spenders [AGENT]: sets $wm_spenders to the agents that are still at work, except that one.
find_spenders() {
  wm_spenders=''
  # shellcheck disable=SC2013 # names have no blanks
  for wm_name in $(LC_ALL=C awk '
    $1 == "start" { open[$2] }
    $1 == "spent" || $1 == "void" { delete open[$2] }
    END { for (name in open) if (name ~ /^[A-Za-z0-9_][A-Za-z0-9._-]*$/) print name }' "$wm_ledger"); do
    wm_empty=0
    if [ "$wm_name" != "${1:-}" ] && held "$wm_dir/$wm_name/.lock"; then wm_spenders="$wm_spenders $wm_name"; fi
  done
}

# show_budget <LIMITS: prints `WORD SPENT LIMIT PER END` for each limit of more than a run; END is when the next one begins.
show_budget() {
  wm_budgets=$(cat) wm_spenders=''
  choose_ledger ''
  case $wm_ledger in *.ledger) ;; *) return 0 ;; esac
  now
  if [ -f "$wm_ledger" ] && [ ! -h "$wm_ledger" ]; then
    find_spenders
    printf '%s\n' "$wm_budgets"
    cat "$wm_ledger"
  else
    printf '%s\n' "$wm_budgets"
    earlier_spending
  fi | LC_ALL=C awk -v program=budget -v budget_show=1 -v budget_names="$wm_spenders" -v budget_now="$wm_epoch" \
    -f "$wm_here/lib.awk"
}
