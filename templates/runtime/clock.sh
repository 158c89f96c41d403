# What time it is, and which run this is, as far as a shell can tell without starting a process.
# shellcheck shell=sh disable=SC2034 # it is sourced by agent.sh, drive.sh and summary.sh

# now: sets $epoch, in seconds with decimals, and $ticks, in hundredths.  The driver gives both once for the
# whole run, so that the kernel's count of ticks is all that has to be read here.
now() {
  ticks='' up=''
  if [ -r /proc/uptime ]; then read -r up _ </proc/uptime; fi
  case $up in
    [1-9]*.[0-9][0-9]) ticks=${up%.*}${up#*.} ;;
  esac
  case $ticks,${WAVEMAKE_CLOCK:-} in
    [0-9]*,[0-9]*' '[0-9]*)
      epoch=$((${WAVEMAKE_CLOCK% *} * 100 + ticks - ${WAVEMAKE_CLOCK#* }))
      epoch=${epoch%??}.${epoch#"${epoch%??}"} ;;
    *) epoch=$(date +%s) && ticks=${ticks:-${epoch}00} ;;
  esac
}

# name_run: without the driver, a run is the make that started this: its number and the time of its start.
name_run() {
  run=make-$PPID
  if read -r line <"/proc/$PPID/stat"; then
    # shellcheck disable=SC2086
    set -- ${line##*)}
    run=$run-${20}
  fi
} 2>/dev/null
