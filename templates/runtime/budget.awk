# Is there enough left of the budget?  Prints "over WHY", "wait", or nothing; with budget_show, what is spent of each limit.
#
#   LC_ALL=C awk -v program=budget -v budget_own=USD|? -v budget_names="AGENT ..." -v budget_self="AGENT RUN"
#     -v budget_now=TIME -v budget_show= -f lib.awk LIMITS LEDGER
#
# LIMITS: `usd N [PER]` and `tokens N [PER]` lines.  LEDGER: as budget.sh describes it.  A try that reported nothing,
# and one at work, counts as much as the dearest try so far; a killed try counts by its estimate.

program == "budget" && ($1 == "usd" || $1 == "tokens") {
  budget_limit[$1] = $2
  budget_per = $3
  budget_from = budget_begin(budget_per, budget_now)
}
program == "budget" && $1 == "start" {
  if (($2 in budget_run) && budget_run[$2] != $4) budget_lose($2)
  budget_run[$2] = $4
  budget_price[$2] = $3
  budget_since[$2] = $5
}
program == "budget" && ($1 == "void" || $1 == "spent") { delete budget_run[$2] }
program == "budget" && $1 == "spent" {
  budget_add("usd", $3, $6)
  budget_add("tokens", $4, $6)
}

END { if (program == "budget") budget_decide() }

function budget_decide(    what, n, i, list, name, working, spent, why, waits, begins) {
  n = split(budget_names, list, " ")
  for (i = 1; i <= n; i++) working[list[i]]
  for (name in budget_run) if (!(name in working) && name " " budget_run[name] != budget_self) budget_lose(name)
  begins = budget_next(budget_per, budget_from)
  for (what in budget_limit) {
    spent = budget_sum[what] + budget_unknown[what] * budget_most[what]
    if (budget_show) printf "%s %.10g %s %s %d\n", what, spent, budget_limit[what], budget_per, begins
    if (spent >= budget_limit[what]) why = budget_words(what, spent, begins)
    for (name in working) if (name in budget_run) spent += budget_guess(what, budget_price[name])
    if (n && spent + budget_guess(what, budget_own) > budget_limit[what]) waits = 1
  }
  if (budget_show) return
  if (why != "") print "over " why
  else if (waits) print "wait"
}

function budget_words(what, spent, begins,    unit) {
  unit = what == "usd" ? "dollars" : what
  if (budget_per == "") return sprintf("%.10g of %s %s are spent", spent, budget_limit[what], unit)
  return sprintf("%.10g of %s %s a %s are spent: raise the budget of the plan, or run it again from %s 00:00 UTC on", \
    spent, budget_limit[what], unit, budget_per, budget_date(begins / 86400))
}

# budget_counts TIME: is it in the day, week or month, or of the run?
function budget_counts(time) { return budget_per == "" || time + 0 >= budget_from && time + 0 < budget_now + 86400 }

function budget_add(what, value, time) {
  if (value != "?" && value + 0 > budget_most[what] + 0) budget_most[what] = value + 0
  if (!budget_counts(time)) return
  if (value == "?") budget_unknown[what]++
  else budget_sum[what] += value
}

# budget_lose AGENT: it was started, and its cost will never be reported.
function budget_lose(name) {
  budget_add("usd", budget_price[name], budget_since[name])
  budget_add("tokens", "?", budget_since[name])
  delete budget_run[name]
}

function budget_guess(what, given) { return what == "usd" && given != "?" ? given + 0 : budget_most[what] + 0 }

# --- days, weeks and months, in UTC --------------------------------------------

# budget_begin PER TIME: when the one began in which that time is; 1970 began on a Thursday.
function budget_begin(per, time,    day) {
  day = int(time / 86400)
  if (per == "week") day = int((day + 3) / 7) * 7 - 3
  if (per == "month") day = day - substr(budget_date(day), 9) + 1
  return day * 86400
}

function budget_next(per, from) {
  return per == "month" ? budget_begin(per, from + 32 * 86400) : from + (per == "week" ? 7 : 1) * 86400
}

# budget_date DAY: YYYY-MM-DD of a day since 1970, by the calendar's cycle of 400 years, which begin in March.
function budget_date(day,    era, year, month) {
  day += 719468
  era = int(day / 146097)
  day -= era * 146097
  year = int((day - int(day / 1460) + int(day / 36524) - int(day / 146096)) / 365)
  day -= 365 * year + int(year / 4) - int(year / 100)
  month = int((5 * day + 2) / 153)
  day -= int((153 * month + 2) / 5) - 1
  month += month < 10 ? 3 : -9
  return sprintf("%04d-%02d-%02d", year + era * 400 + (month <= 2), month, day)
}

# --- a ledger of runs that had none ----------------------------------------------

program == "ledger" && /"event":"(attempt|end)"/ && /"attempts?":[1-9]/ { ledger_note($0) }

END { if (program == "ledger") for (ledger_key in ledger_tries) printf "%s", ledger_tries[ledger_key] }

# The end of an agent has the sum of its tries.
function ledger_note(line,    name, key, usd, tokens) {
  name = word_in(line, "agent")
  if (name !~ /^[A-Za-z0-9_][A-Za-z0-9._-]*$/ || line ~ /"state":"reused"/) return
  key = word_in(line, "run") " " name
  usd = number_in(line, "cost")
  if (usd == "") usd = word_in(line, "runner") ~ /^(command|rehearse)$/ ? 0 : "?"
  tokens = number_in(line, "tokens_in") number_in(line, "tokens_out") == "" ? "?" : \
    number_in(line, "tokens_in") + number_in(line, "tokens_out")
  line = "spent " name " " usd " " tokens " " word_in(line, "run") " " number_in(line, "t") "\n"
  if ($0 ~ /"event":"attempt"/) ledger_tries[key] = ledger_tries[key] line
  else {
    delete ledger_tries[key]
    printf "%s", line
  }
}
