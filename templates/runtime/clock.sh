# What time it is, which run this is and where, as far as a shell knows without starting a process.

# Without /proc (macOS, FreeBSD), slower ways give the same result; tests select them by this variable.
wm_proc=${WAVEMAKE_PROC:-/proc}

# now: sets $wm_epoch, in seconds with decimals, and $wm_ticks, in hundredths, which begin again after 115 days: mksh
# counts with 32 bits.  The driver gives both once for the whole run, so that the kernel's count of ticks is all that
# has to be read here.
now() {
  wm_ticks='' wm_up=''
  if [ -r "$wm_proc/uptime" ]; then read -r wm_up _ <"$wm_proc/uptime"; fi
  case $wm_up in
    [1-9]*.[0-9][0-9]) wm_ticks=$((${wm_up%.*} % 10000000 * 100 + 1${wm_up#*.} - 100)) ;;
  esac
  case $wm_ticks,${WAVEMAKE_CLOCK:-} in
    [0-9]*,[0-9]*' '[0-9]*)
      wm_past=$((wm_ticks - ${WAVEMAKE_CLOCK#* }))
      [ "$wm_past" -ge 0 ] || wm_past=$((wm_past + 1000000000))
      wm_epoch=$((${WAVEMAKE_CLOCK% *} + wm_past / 100)).$((wm_past / 10 % 10))$((wm_past % 10)) ;;
    *) wm_epoch=$(date +%s) && wm_ticks=${wm_ticks:-$((wm_epoch % 10000000 * 100))} ;;
  esac
}

# name_run: without the driver, a run is the make that started this: its number and the time of its start.  Sets $wm_run.
name_run() {
  start_of "$PPID"
  wm_run=make-$PPID${wm_start_of:+-$wm_start_of}
}

# start_of PID: sets $wm_start_of to when that process was started, in ticks since the boot, or to nothing if it has
# ended, even as a zombie.
start_of() {
  wm_start_of=''
  if read -r wm_line <"$wm_proc/$1/stat"; then
    # In one step, with ##, shells take a time that grows with the square of the length.
    set -- "${wm_line%")"*}"
    # shellcheck disable=SC2086
    set -- ${wm_line#"$1)"}
    case $1 in Z | X) ;; *) wm_start_of=${20} ;; esac
  fi
} 2>/dev/null

# locate: sets $wm_host and $wm_kernel: the machine, its boot and the pid namespace.  The driver does it for its agents.
locate() {
  if [ -z "${WAVEMAKE_PLACE:-}" ]; then
    wm_boot=''
    wm_name=$wm_proc/sys/kernel
    if [ -r "$wm_name/hostname" ]; then read -r wm_host <"$wm_name/hostname"; else wm_host=$(uname -n); fi
    if [ -r "$wm_name/random/boot_id" ]; then read -r wm_boot <"$wm_name/random/boot_id"; fi
    start_of 1
    WAVEMAKE_PLACE="$wm_host ${wm_boot:--} ${wm_start_of:--}"
  fi
  wm_host=${WAVEMAKE_PLACE%% *} wm_kernel=${WAVEMAKE_PLACE#* }
}
