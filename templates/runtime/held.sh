# Locks.  A lock is a line, HOST PID SECONDS BOOT SPACE START RUN: it is dead when its process is, or, if that cannot be
# determined here, when it was not renewed for SECONDS.  BOOT is the kernel's name for its boot, SPACE the start of the
# first process of the pid namespace, START that of PID: "-" if the system does not report it.

# held LOCK: is its holder at work?
held() { is_there "$1" && ! dead "$1"; }

# read_lock LOCK: reads its fields, or sets them to nothing.  Anything may have written it.
read_lock() {
  wm_where='' wm_pid='' wm_seconds='' wm_boot='' wm_space='' wm_from='' wm_by='' wm_there=''
  [ ! -f "$1" ] || read -r wm_where wm_pid wm_seconds wm_boot wm_space wm_from wm_by _ <"$1"
  case $wm_where$wm_boot$wm_space$wm_from$wm_by,$wm_pid in
    *[!A-Za-z0-9._,-]* | *, | *,*[!0-9]*) wm_where='' wm_pid='' ;;
  esac
  [ -z "$wm_boot" ] || wm_there="$wm_boot $wm_space"
  case $wm_seconds in '' | *[!0-9]* | ????????*) wm_seconds=0 ;; esac
} 2>/dev/null
