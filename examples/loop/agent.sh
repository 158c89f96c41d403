# Stands in for the CLI of each agent. It reads the prompt: the first review asks for a date, the next approves.
prompt=$(cat)
has() { printf '%s\n' "$prompt" | grep -q "$1"; }
if has '^Review it'; then
  if has 'on Monday'; then echo APPROVED; else echo "It does not say when."; fi
elif has '^Translate it'; then
  if has 'on Monday'; then echo "Version 2.0 erscheint am Montag."; fi
elif has 'does not say when'; then
  echo "Release 2.0 is out on Monday."
else
  echo "Release 2.0 is out."
fi
