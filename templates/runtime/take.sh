# Takes a lock (held.sh), in one step.

# How often the time of a lock is renewed, and after how long without that it expires, in seconds.
wm_renew=${WAVEMAKE_RENEW:-30}
wm_lease=$((wm_renew * 4))

# sign: sets $wm_mark, the content of this process's locks.
sign() {
  locate
  unset WAVEMAKE_PLACE
  start_of $$
  wm_mark="$wm_host $$ $wm_lease $wm_kernel ${wm_start_of:--} ${wm_run:--}"
}

# take LOCK: noclobber creates it or fails, in one step.
take() {
  wm_created=''
  if is_there "$1"; then return 1; fi
  set -C
  { { wm_created=1 && printf '%s\n' "$wm_mark"; } >"$1"; } 2>/dev/null
  wm_taken=$?
  set +C
  if [ "$wm_taken" = 0 ]; then return; fi
  if [ -n "$wm_created" ]; then rm -f "$1"; fi
  [ -e "$1" ] || wm_refused=$((wm_refused + 1))
  if [ "$wm_refused" -ge 20 ] || [ ! -w "${1%/*}" ]; then
    wm_reason="cannot write in ${1%/*}: is the disk full, or read-only?"
    printf 'wavemake: %s: %s\n' "$wm_agent" "$wm_reason" >&2
    # Its status cannot be written, but the summary should report it.
    now
    { event end ",\"state\":\"failed\",\"reason\":\"$wm_reason\"" && count_end; } 2>/dev/null
    exit 1
  fi
  return 1
}
