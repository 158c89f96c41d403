#!/bin/sh
# Runs a command on another machine by ssh, with its words unchanged and in the same folder; it ends when this ends.
#
#   sh ssh.sh HOST [OPTION OF ssh...] -- COMMAND [ARG...]
#
# ssh itself joins the words of a command, has them parsed again, in the home folder, and leaves the command running
# when it ends.  So its standard input carries first a script of known length, then the prompt, and then nothing as long
# as this lives: the end of the input ends the command.
#
# Exit status: that of the command; 255 if there is no connection.
set -u
wm_nl='
'

# quote WORD: prints it as a word of a shell.
quote() { printf '%s\n' "$1" | LC_ALL=C sed "s/'/'\\\\''/g; 1s/^/'/; \$s/\$/'/"; }

wm_host=$1 wm_options=''
shift
while [ "$1" != -- ]; do
  wm_options=$wm_options$1$wm_nl
  shift
done
shift

wm_words=''
for wm_word; do wm_words="$wm_words $(quote "$wm_word")"; done
wm_settings=''
for wm_word in ${WAVEMAKE_PASS:-}; do
  case $wm_word in '' | *[!A-Za-z0-9_]* | [0-9]*) continue ;; esac
  wm_value='' wm_given=''
  eval "wm_value=\${$wm_word-} wm_given=\${$wm_word+given}"
  [ -n "$wm_given" ] || continue
  wm_settings="${wm_settings}export $wm_word=$(quote "$wm_value")$wm_nl"
done

wm_file=${TMPDIR:-/tmp}/wavemake-ssh.$$
(umask 077 && set -C && : >"$wm_file") || exit 1
trap 'rm -f "$wm_file" "$wm_file.pid"' EXIT
trap 'exit 143' HUP INT TERM
cat >"$wm_file"
wm_size=$(($(wc -c <"$wm_file")))

# On the other machine the command gets the prompt and then end of file; what follows on the connection ends the command.
wm_script="exec 3<&0 4>&2
cd $(quote "$PWD") || exit 1
exec 2>/dev/null
${wm_settings}{
  sh -c 'echo \"\$PPID\"'
  head -c $wm_size <&3
  exec >/dev/null
  trap '' TERM
  while read -r _ <&3; do :; done
  kill -TERM 0
  sleep 5
  kill -KILL 0
} | {
  exec 3<&-
  read -r wm_watcher
  (exec$wm_words 2>&4 4>&-)
  wm_status=\$?
  kill -KILL \"\$wm_watcher\"
  exit \"\$wm_status\"
}
"
wm_length=$(($(printf '%s' "$wm_script" | wc -c)))

IFS=$wm_nl
set -f
# shellcheck disable=SC2086 # a line a word
set -- $wm_options
{
  # shellcheck disable=SC2016 # the inner shell's own
  sh -c 'echo "$PPID"' >"$wm_file.pid"
  printf '%s' "$wm_script"
  cat "$wm_file"
  # The connection is held open as long as this lives.
  exec sleep 2147483
} | {
  # shellcheck disable=SC2029 # the length is known here
  ssh "$wm_host" "$@" "exec sh -c 'eval \"\$(dd bs=1 count=$wm_length 2>/dev/null)\"'"
  wm_status=$?
  read -r wm_word <"$wm_file.pid" && kill "$wm_word"
  exit "$wm_status"
}
