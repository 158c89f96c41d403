# Checks what an agent may have put in place of its own files, and of those of its attempt.

# own_places: the holder of the lock may clean up.
own_places() {
  for wm_name in "$wm_me"/* "$wm_me"/.[!.]*; do
    case ${wm_name##*/} in
      key | .key | .rejected | .asked | .answers | question.md | status.json | .stamp | log.txt | stream.log | prompt.md | \
        failed-prompt.md | result.json | files.json | approved | .waiting | pinned)
        ! is_there "$wm_name" || own_file "$wm_name" ;;
      history) is_folder "$wm_name" || : ;;
      output.md)
        if [ -h "$wm_name" ] || [ ! -d "$wm_name" ]; then is_there "$wm_name" || :; fi
        own_file "$wm_name" ;;
      changes.patch | .ended) own_file "$wm_name" ;;
      .try) ! is_folder "$wm_name" || own_attempt ;;
    esac
  done
}

# own_attempt: sets $wm_odd to the last name in the attempt that was neither a file nor a folder.
own_attempt() {
  wm_odd=''
  for wm_name in "$wm_try"/* "$wm_try"/.[!.]*; do
    if [ -h "$wm_name" ] || { [ -e "$wm_name" ] && [ ! -f "$wm_name" ] && [ ! -d "$wm_name" ]; }; then
      rm -f "$wm_name"
      wm_odd=${wm_name##*/}
    fi
  done
}
