# How a status is read.  It is JSON of two lines, the first of which has the state: most readers need no more, and dash
# reads a byte at a time.  Earlier versions wrote all of it in one line.
#
# Each status that a recipe writes (status.sh) is also kept in the private folder of every run at work, where no agent
# looks for it: an agent may write any file of its neighbours.
#
#   PRIVATE/=AGENT     `=STATUS`; `+STATUS` while it is being put in place
#   PRIVATE/statuses   those that were there before the run started its first agent
#
# Readers go by the first.  The end of the run puts back what differs (vouch.sh).

# read_state FOLDER: sets $wm_line to the first line of the status of that agent, as its recipe wrote it if that was in
# this run, or to nothing; and $wm_copy to the file that it is from.
read_state() {
  wm_line='' wm_copy=$wm_private/=${1##*/}
  if [ -s "$wm_copy" ]; then IFS= read -r wm_line <"$wm_copy"; fi
  case $wm_line in
    =*) wm_line=${wm_line#=} ;;
    *)
      wm_line='' wm_copy=$1/status.json
      if is_there "$wm_copy"; then IFS= read -r wm_line <"$wm_copy"; fi ;;
  esac
}

# read_status FILE: sets $wm_settled to the whole status in it, and $wm_line to the same as one line; or both to nothing.
read_status() {
  wm_settled='' wm_line='' wm_members=''
  is_there "$1" || return 0
  { IFS= read -r wm_line; IFS= read -r wm_members; } <"$1"
  # shellcheck disable=SC2034 # the driver reads only the line
  wm_settled=$wm_line${wm_members:+$wm_nl$wm_members} wm_line=$wm_line$wm_members
}
