#!/bin/sh
# An agent CLI that counts.  It answers a prompt of `TASK NAME NUMBER` and `ANSWER NAME NUMBER` lines with their sum,
# so that anyone can tell what the right answer is, and appends a line for each call to $BILL/ledger.
#
# Orders, files in $BILL: `hold` N: hang instead of answering from call N + 1 on; `fail` NAME: fail for that agent;
# `limit` N: refuse for three seconds after N answers, as claude does when the usage of an account is used up.

model=small format=text
while [ $# -gt 0 ]; do
  case $1 in
    --version) echo '2.1.332 (Claude Code)' && exit 0 ;;
    --model) model=$2 && shift ;;
    --output-format) format=$2 && shift ;;
  esac
  shift
done

# shellcheck disable=SC2046 # three words
set -- $(awk -v model="$model" '
  $1 == "TASK" { name = $2; number += $3 }
  $1 == "ANSWER" { number += $3 }
  $1 == "fixed" { number++ }
  $1 == "FIX" { file = $2 }
  END { print name, (number + (model == "large" ? 7 : 0)) % 1000003, file }')
name=$1 number=$2 file=${3-}

# say FAILED TEXT: in the format that was asked for.
say() {
  case $format in
    text) printf '%s\n' "$2" ;;
    *) printf '{"type":"result","subtype":"success","is_error":%s,"result":"%s","total_cost_usd":0.01,"usage":{"input_tokens":9,"output_tokens":9}}\n' "$1" "$2" ;;
  esac
}

if [ -f "$BILL/limit" ] && [ "$(grep -c '^answer' "$BILL/ledger")" -ge "$(cat "$BILL/limit")" ]; then
  now=$(date +%s)
  [ -s "$BILL/reset" ] || echo $((now + 3)) >"$BILL/reset"
  reset=$(cat "$BILL/reset")
  if [ "$now" -lt "${reset:-0}" ]; then
    echo "refused $name" >>"$BILL/ledger"
    say true "Claude AI usage limit reached|$reset"
    exit 1
  fi
fi
echo "start $name" >>"$BILL/ledger"
if [ -f "$BILL/hold" ] && [ "$(grep '^start' "$BILL/ledger" | grep -n " $name\$" | sed -n '$s/:.*//p')" -gt "$(cat "$BILL/hold")" ]; then
  exec sleep 600
fi
if [ "$name" = "$(cat "$BILL/fail" 2>/dev/null)" ]; then
  echo "failed $name" >>"$BILL/ledger"
  echo "$name: no such file" >&2
  exit 1
fi
if [ -n "$file" ] && ! grep -q "^fixed" "$file"; then
  echo "fixed by $name" >>"$file"
fi
echo "answer $name" >>"$BILL/ledger"
say false "ANSWER $name $number"
