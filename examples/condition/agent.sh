# Stands in for the CLI of each agent: finds fault with gets(), and else answers that it is done.
if grep -q '^List what is wrong'; then
  grep -Hn 'gets(' src/*.c | sed 's/^/FOUND /' | grep . || echo CLEAN
else
  echo Done.
fi
