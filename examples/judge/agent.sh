# Stands in for the CLI of the agent and of its judge: the first draft says nothing of how to go back, and the judge
# notices that.
prompt=$(cat)
case $prompt in
  *'You are a judge'*'Restore the dump'*) echo 'PASS - it restores the dump.' ;;
  *'You are a judge'*) echo 'FAIL - it does not say how to go back.' ;;
  *'how to go back'*) printf 'Dump the tables, then migrate.\nRestore the dump if that fails.\n' ;;
  *) echo 'Dump the tables, then migrate.' ;;
esac
