# What may keep an agent from starting although its inputs are there: approval, a budget, a full pool.
# shellcheck shell=sh disable=SC2154,SC2034 # it is sourced by agent.sh

# hold: returns 1 if it took a while: what the agent reads may be another by now.
hold() {
  if [ "$approve" = before ] && ! approved "$key"; then
    printf '%s' "$key" >"$me/.waiting" || fail "cannot write in $me: is the disk full?"
    not_run waiting "$(how_to_approve)"
  fi
  read_limits
  [ -z "$budgets" ] || stay_within_budget
  if [ -z "$size" ] || [ -n "$seat" ]; then return 0; fi
  take_seat "$pool" "$size"
  [ -z "$sat" ]
}

# approved TEXT: is that what a person has approved?
approved() { [ -f "$me/approved" ] && [ "$(cat "$me/approved")" = "${1%"$nl"}" ]; }

how_to_approve() {
  case $approve in before) printf 'its prompt' ;; *) printf 'its answer' ;; esac
  if [ -n "$ninja" ]; then
    printf ' is not approved yet: sh %s/ninja.sh approve-%s' "$here" "$agent"
  elif [ -n "${WAVEMAKE_CLOCK:-}" ]; then
    printf ' is not approved yet: make approve-%s' "$agent"
  else
    printf ' is not approved yet: sh %s/hand.sh %s approve-%s' "$here" "$dir" "$agent"
  fi
}

# read_limits: sets $size to that of the agent's pool, and $budgets to a `WORD LIMIT` line each.
read_limits() {
  size='' budgets=''
  while read -r word name value; do
    case $word,$name in
      "pool,$pool") size=$value ;;
      budget,*) budgets="$budgets$name $value$nl" ;;
    esac
  done <"$dir/limits"
}

stay_within_budget() {
  if [ ! -f "$dir/runs/.spent.$run" ]; then return; fi
  over=$(printf '%s' "$budgets" | awk '
    FNR == NR { limit[$1] = $2; next }
    $1 == "cost" { spent["usd"] += $2 }
    $1 ~ /^tokens_/ { spent["tokens"] += $2 }
    END {
      for (what in limit)
        if (spent[what] + 0 >= limit[what])
          printf "%.10g of %s %s are spent", spent[what], limit[what], what == "usd" ? "dollars" : what
    }' - "$dir/runs/.spent.$run")
  if [ -z "$over" ]; then return; fi
  # A try that failed has its words beside it: there is to be another only when the budget is raised.
  [ "$tries" = 0 ] || [ -z "$reason" ] || over="$over; its last try failed: $reason"
  not_run "over budget" "$over"
}
