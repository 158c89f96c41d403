# Stands in for the CLI of each agent. It reads the prompt: the survey answers a list, the others a line.
prompt=$(cat)
case $prompt in
  *'Which files lack a test?'*) echo '["src/main.c", "src/list.c"]' ;;
  *'Write tests of'*) echo "Tested: $(printf '%s\n' "$prompt" | sed -n 's/^Write tests of \(.*\)\.$/\1/p')." ;;
  *) printf '%s\n' "$prompt" | grep '^Tested' ;;
esac
