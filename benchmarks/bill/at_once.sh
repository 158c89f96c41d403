#!/bin/sh
# An agent CLI that reads its prompt and answers at once, in the format that was asked for.
answer='done'
case " $* " in
  *" --version "*) answer='2.1.332 (Claude Code)' ;;
  *" --output-format "*)
    answer='{"type":"result","subtype":"success","is_error":false,"result":"done","total_cost_usd":0.01,"usage":{"input_tokens":9,"output_tokens":9}}'
    cat >/dev/null
    ;;
  *) cat >/dev/null ;;
esac
printf '%s\n' "$answer"
