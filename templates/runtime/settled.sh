# Each status that a recipe writes is also kept in the private folder of every run at work, where no agent looks for it:
# an agent may write any file of its neighbours.
#
#   PRIVATE/=AGENT     `=STATUS`; `+STATUS` while it is being put in place
#   PRIVATE/statuses   those that were there before the run started its first agent
#
# Readers of an agent go by the first (good).  The end of the run puts back what differs (put_back_statuses).

# keep_status MARK: keeps $wm_settled.  Another make has a folder of its own beside ours; one that was killed leaves it
# behind.
keep_status() {
  keep_status_in "$wm_private" "$1"
  for wm_file in "$wm_dir"/runs/.ended.*; do
    wm_file=${wm_file##*/.ended.}
    if [ "$wm_file" != "$wm_run" ] && is_run_alive "$wm_file"; then keep_status_in "${wm_private%/*}/wavemake-$wm_file" "$1"; fi
  done
}

# is_run_alive RUN: is there a process with the pid of its make?
is_run_alive() {
  case $1 in
    make-*-*) set -- "${1#make-}" && set -- "${1%-*}" ;;
    *) set -- "${1##*-}" ;;
  esac
  kill -0 "$1" 2>/dev/null
}

# keep_status_in FOLDER MARK
keep_status_in() {
  # shellcheck disable=SC3067 # all the shells have it
  if [ -d "$1" ] && [ -O "$1" ] && [ ! -h "$1" ]; then printf '%s%s\n' "$2" "$wm_settled" >"$1/=$wm_agent"; fi
} 2>/dev/null

# place_status: writes what was measured last, and puts it in place.
place_status() {
  write_status "$wm_me/.status.$$" || return 1
  keep_status '+'
  mv -f "$wm_me/.status.$$" "$wm_me/status.json" || return 1
  keep_status '='
}

# read_settled FOLDER: sets $wm_line to the status of that agent, as its recipe wrote it if that was in this run; or to
# nothing.
read_settled() {
  wm_line=''
  if [ -s "$wm_private/=${1##*/}" ]; then IFS= read -r wm_line <"$wm_private/=${1##*/}"; fi
  case $wm_line in
    =*) wm_line=${wm_line#=} ;;
    *)
      wm_line=''
      if is_there "$1/status.json"; then IFS= read -r wm_line <"$1/status.json"; fi ;;
  esac
}
