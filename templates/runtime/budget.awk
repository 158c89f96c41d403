# Is there enough left of the budget?  Prints "over WHY", "wait", or nothing.
#
#   LC_ALL=C awk -v program=budget -v budget_own=USD|? -v budget_names="AGENT ..." -f lib.awk LIMITS LEDGER
#
# LIMITS: `usd N` and `tokens N` lines.  LEDGER: as hold.sh describes it.  What a try did not report, and what those at work
# will, is taken for as much as the dearest try so far.

program == "budget" && FNR == NR { budget_limit[$1] = $2 }
program == "budget" && FNR != NR && $1 == "start" { budget_open[$2]++; budget_price[$2] = $3 }
program == "budget" && FNR != NR && $1 == "spent" {
  budget_open[$2]--
  budget_add("usd", $3)
  budget_add("tokens", $4)
}

END { if (program == "budget") budget_decide() }

function budget_decide(    what, spent, n, i, name, why, waits) {
  n = split(budget_names, name, " ")
  for (what in budget_limit) {
    spent = budget_sum[what] + budget_unknown[what] * budget_most[what]
    if (spent >= budget_limit[what])
      why = sprintf("%.10g of %s %s are spent", spent, budget_limit[what], what == "usd" ? "dollars" : what)
    for (i = 1; i <= n; i++) if (budget_open[name[i]] > 0) spent += budget_guess(what, budget_price[name[i]])
    if (n && spent + budget_guess(what, budget_own) > budget_limit[what]) waits = 1
  }
  if (why != "") print "over " why
  else if (waits) print "wait"
}

function budget_add(what, value) {
  if (value == "?") budget_unknown[what]++
  else {
    budget_sum[what] += value
    if (value + 0 > budget_most[what] + 0) budget_most[what] = value + 0
  }
}

function budget_guess(what, given) { return what == "usd" && given != "?" ? given + 0 : budget_most[what] + 0 }
