# Where an agent reads or writes a file of the project, there may be something else by now.

# is_endless PATH: is it a FIFO, a device or a socket, or a link to one?  Reading that may take for ever.
is_endless() {
  if [ -f "$1" ] || [ -d "$1" ]; then return 1; fi
  [ -e "$1" ]
}

# odd_inputs WORD ROOT: prints those of the files that agents read or write, WORD./PATH a line.  ROOT is the project's
# folder, ending in a slash.  For most plans the shell reads the list by itself, which takes no process.
odd_inputs() {
  if [ ! -f "$wm_here/plan" ]; then return; fi
  wm_count=0 wm_lists='' wm_list=''
  while IFS= read -r wm_line; do
    case $wm_line in
      'files '*) wm_count=${wm_line#* } ;;
      'cells '*) wm_lists=$wm_lists$wm_dir/${wm_line#* }/.files$wm_nl ;;
      'leaves '???*) break ;;
      'leaves '*) case $wm_count in 0 | ???*) break ;; esac ;;
      'file '*) wm_list=$wm_list${wm_line#* }$wm_nl ;;
    esac
  done <"$wm_here/plan"
  case $wm_count,$wm_line in
    0,*) ;;
    *,'leaves '*) wm_list=$(LC_ALL=C sed -n 's/^file //p' "$wm_here/plan") ;;
  esac
  set -f
  IFS=$wm_nl
  for wm_line in $wm_lists; do
    [ ! -f "$wm_line" ] || wm_list=$wm_list$wm_nl$(cat "$wm_line")
  done
  for wm_line in $wm_list; do
    if is_endless "$2${wm_line#./}"; then printf '%s./%s\n' "$1" "${wm_line#./}"; fi
  done
  IFS=$wm_blanks
  set +f
}
