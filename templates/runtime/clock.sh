# What time it is, and which run this is, as far as a shell can tell without starting a process.

# Where there is no /proc (macOS, FreeBSD), slower ways lead to the same; tests go them by this variable.
wm_proc=${WAVEMAKE_PROC:-/proc}

# now: sets $wm_epoch, in seconds with decimals, and $wm_ticks, in hundredths.  The driver gives both once for the
# whole run, so that the kernel's count of ticks is all that has to be read here.
now() {
  wm_ticks='' wm_up=''
  if [ -r "$wm_proc/uptime" ]; then read -r wm_up _ <"$wm_proc/uptime"; fi
  case $wm_up in
    [1-9]*.[0-9][0-9]) wm_ticks=${wm_up%.*}${wm_up#*.} ;;
  esac
  case $wm_ticks,${WAVEMAKE_CLOCK:-} in
    [0-9]*,[0-9]*' '[0-9]*)
      wm_epoch=$((${WAVEMAKE_CLOCK% *} * 100 + wm_ticks - ${WAVEMAKE_CLOCK#* }))
      wm_epoch=${wm_epoch%??}.${wm_epoch#"${wm_epoch%??}"} ;;
    *) wm_epoch=$(date +%s) && wm_ticks=${wm_ticks:-${wm_epoch}00} ;;
  esac
}

# name_run: without the driver, a run is the make that started this: its number and the time of its start.
name_run() {
  wm_run=make-$PPID
  if read -r wm_line <"$wm_proc/$PPID/stat"; then
    # shellcheck disable=SC2086
    set -- ${wm_line##*")"}
    wm_run=$wm_run-${20}
  fi
} 2>/dev/null
