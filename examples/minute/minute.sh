#!/bin/sh
# What is paid when a run is killed, a task is edited, the repository is cloned, and branches are merged.  The agents
# call no model: each notes its call in a ledger, which is the bill, and answers with a checksum.
#
#   sh minute.sh            needs wavemake, make, git and python3; takes less than a minute, in a folder that it removes
set -eu

top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
export BILL="$top/ledger" PACE=3 GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.org
: >"$BILL"
mkdir "$top/project"
cd "$top/project"

tell() { printf '\n# %s\n' "$*"; }
# calls WORD: how many calls of the ledger have been "paid", or "answered".
calls() { grep -c "^$1" "$BILL" || :; }
# bill NEEDED: compares that with what has been paid since the last bill.
billed=0
bill() {
  printf '  needed %s, paid %s\n' "$1" $(($(calls paid) - billed))
  billed=$(calls paid)
}
run() { make -j8 2>&1 | grep -E '^wavemake: ([0-9]+ (done|reused|up)|nothing)' | sed 's/^/  /' || :; }

cat >plan.json <<'PLAN'
{
  "project": "guestbook",
  "defaults": {"command": "echo paid >>\"$BILL\"; sleep \"$PACE\"; cksum; echo answered >>\"$BILL\""},
  "agents": [
    {"name": "schema", "task": "Design the tables."},
    {"name": "style", "task": "Choose the colours."},

    {"name": "api", "task": "Write the API.", "reads": ["schema"]},
    {"name": "import", "task": "Write the importer.", "reads": ["schema"]},

    {"name": "page", "task": "Write the page.", "reads": ["schema", "style"]},
    {"name": "mail", "task": "Write the mails.", "reads": ["style"]},

    {"name": "manual", "task": "Write the manual.", "reads": ["api", "page"]},
    {"name": "review", "task": "Review all of it.", "reads": ["api", "import", "page", "mail"]}
  ]
}
PLAN
git init -q -b main
wavemake compile -q plan.json

tell "kill -9 in the middle of the first run"
python3 -c 'import os; os.setsid(); os.execlp("make", "make", "-j2")' >/dev/null 2>&1 &
while [ "$(calls paid)" -lt 4 ]; do sleep 0.1; done
kill -9 "-$!"
wait 2>/dev/null || :
answered=$(calls answered)
printf '  %s calls, %s of them answered\n' "$(calls paid)" "$answered"
billed=$(calls paid) PACE=0.3

tell "run again: what was answered is kept"
run
bill $((8 - answered))

tell "nothing has changed"
run
bill 0
git add -A && git commit -qm answers

tell "edit the task of the manual"
sed 's/Write the manual/Write a short manual/' plan.json >"$top/plan" && cat "$top/plan" >plan.json
run
bill 1

tell "take the edit back"
git checkout -q -- .
run
bill 0

tell "clone it"
git clone -q . "$top/clone"
cd "$top/clone"
run
bill 0
cd "$top/project"

tell "edit the mails on a branch, the manual on main, and merge"
git checkout -q -b mails
sed 's/Write the mails/Write two mails/' plan.json >"$top/plan" && cat "$top/plan" >plan.json
run
git add -A && git commit -qm mails
git checkout -q main
sed 's/Write the manual/Write a long manual/' plan.json >"$top/plan" && cat "$top/plan" >plan.json
run
bill 3
git add -A && git commit -qm manual
git merge -q -m both mails >/dev/null
run
bill 0
