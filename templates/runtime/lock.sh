# Makes sure that only one process works on an agent, and not too many in a pool, on this host and on those that share
# its disk.

# mine LOCK: does this process hold it?
mine() {
  read_lock "$1"
  [ "$wm_where $wm_pid $wm_seconds $wm_there $wm_from $wm_by" = "$wm_mark" ]
}

# renew_all: renews the agent's lock, its place in a pool, and the lock of the agent whose cell it is.
renew_all() {
  touch -c "$wm_me/.lock" ${wm_seat:+"$wm_seat"} ${wm_paying:+"$wm_paying"} ${wm_stage_lock:+"$wm_stage_lock"}
} 2>/dev/null

# still_ours: ends if the lease ran out, for example because this host was suspended: all files here then belong to
# another process.
still_ours() {
  if [ -z "$wm_locked" ] || mine "$wm_me/.lock"; then return; fi
  [ -d "$wm_me" ] || end_without_folder
  printf 'wavemake: %s: given up: this make showed no sign of work on it for over %ss, and another make has taken it over\n' \
    "$wm_agent" "$wm_lease" >&2
  exit 1
}

# lock: takes the lock of this agent.  A clean checks all locks after it has taken its own, and this checks for that of
# a clean after it has taken its own: one of the two gives way.
lock() {
  wm_waited='' wm_empty=0 wm_refused=0
  while :; do
    if [ -e "$wm_dir/.cleaning" ] && held "$wm_dir/.cleaning"; then
      waits "make clean (pid $wm_pid on $wm_where)"
      nap
    elif take "$wm_me/.lock"; then
      if [ ! -e "$wm_dir/.cleaning" ] || ! held "$wm_dir/.cleaning"; then break; fi
      rm -f "$wm_me/.lock"
    elif held "$wm_me/.lock"; then
      [ -z "$wm_where" ] || waits "another make (pid $wm_pid on $wm_where$(elsewhere))"
      nap
    elif [ -e "$wm_me/.lock" ]; then
      steal "$wm_me/.lock"
    fi
  done
  wm_locked=1
}

# --- pools ------------------------------------------------------------------

# take_seat POOL SIZE: waits for one of its places, each of which is a lock.  Sets $wm_seat, and $wm_sat if it had to
# wait.
take_seat() {
  wm_sat='' wm_empty=0 wm_refused=0 wm_rest=0.1
  is_folder "$wm_dir/.pools" || mkdir -p "$wm_dir/.pools"
  while :; do
    wm_n=0
    while [ "$wm_n" -lt "$2" ]; do
      wm_n=$((wm_n + 1))
      if take "$wm_dir/.pools/$1.$wm_n"; then
        wm_seat=$wm_dir/.pools/$1.$wm_n
        [ "$2" = 1 ] || stagger "$1"
        return
      fi
      if is_there "$wm_dir/.pools/$1.$wm_n" && dead "$wm_dir/.pools/$1.$wm_n"; then steal "$wm_dir/.pools/$1.$wm_n"; fi
    done
    waits "pool $1 ($2 of $2 at work)"
    wm_sat=1
    pause "$wm_rest"
    case $wm_rest in 0.1) wm_rest=0.2 ;; 0.2) wm_rest=0.5 ;; *) wm_rest=1 ;; esac
  done
}

# stagger POOL: its agents start one after the other, a moment apart: a burst is what rate limits punish.
stagger() {
  if [ "${WAVEMAKE_STAGGER:=0.3}" = 0 ]; then return; fi
  until take "$wm_dir/.pools/$1.start"; do
    if is_there "$wm_dir/.pools/$1.start" && dead "$wm_dir/.pools/$1.start"; then steal "$wm_dir/.pools/$1.start"; fi
    pause
  done
  nap "$WAVEMAKE_STAGGER"
  rm -f "$wm_dir/.pools/$1.start"
}
