# Stands in for the CLI of the agent: its first answer has a line as a text.
prompt=$(cat)
case $prompt in
  *'must be of type integer'*) echo '{"findings": [{"file": "src/main.c", "line": 3, "level": "high"}]}' ;;
  *) echo '{"findings": [{"file": "src/main.c", "line": "3", "level": "high"}]}' ;;
esac
