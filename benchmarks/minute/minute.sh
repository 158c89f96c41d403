#!/bin/sh
# What is paid when a run is killed, a task is edited, the repository is cloned, and branches are merged.  The agents
# call no model: each waits a moment, answers with a checksum, and leaves a line in a ledger, which is the bill.
#
#   sh minute.sh            needs wavemake, make and git; takes less than a minute, in a folder that it removes
set -eu

top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
export BILL="$top/ledger" GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.org
: >"$BILL"
mkdir "$top/project"
cd "$top/project"

# tell TEXT, and bill NEEDED: what has been paid since the last time.
tell() { printf '\n# %s\n' "$*"; }
before=0
bill() {
  now=$(($(wc -l <"$BILL")))
  printf '  needed %s, paid %s\n' "$1" $((now - before))
  before=$now
}
run() { make -j8 2>&1 | grep -E '^wavemake: ([0-9]+ (done|reused|up)|nothing|the times)' | sed 's/^/  /' || :; }

cat >plan.json <<'PLAN'
{
  "project": "guestbook",
  "defaults": {"command": "echo paid >>\"$BILL\"; sleep 0.3; cksum"},
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

tell "kill -9 in the middle of the first run, then run again: the rest is paid"
python3 -c 'import os; os.setsid(); os.execlp("make", "make", "-j2")' >/dev/null 2>&1 &
while [ "$(($(wc -l <"$BILL")))" -lt 4 ]; do sleep 0.1; done
kill -9 "-$!"
wait 2>/dev/null || :
run
bill '8, and the call that was killed'

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
