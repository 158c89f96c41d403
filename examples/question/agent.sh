# Stands in for the CLI of each agent: it does not choose a database itself.
prompt=$(cat)
case $prompt in
  *'We have Postgres'*) echo 'Accounts and entries, in Postgres.' ;;
  *'Design the schema'*) echo 'WAVEMAKE-QUESTION: Which database does the server have?' ;;
  *) echo Done. ;;
esac
