# An agent may have put a link, a FIFO, a folder or a device into the agents' folder.  Nothing is read or written
# through these.

# is_there FILE: is it a regular file?  Anything else that has its name is removed, but not a file that another process
# creates meanwhile: it may be a lock.
is_there() {
  if [ -f "$1" ] && [ ! -h "$1" ]; then return 0; fi
  if [ -h "$1" ] || { [ -e "$1" ] && is_special "$1"; }; then rm -rf "$1"; fi
  return 1
}

# is_special FILE: is it a folder, a FIFO, a socket or a device?
is_special() { [ -d "$1" ] || [ -p "$1" ] || [ -S "$1" ] || [ -c "$1" ] || [ -b "$1" ]; }

# own_file FILE: replaces a file of another user by a copy of our own, with its time: without owning a file, one may not
# be able to write it, and cannot set its time.  root can do both.
own_file() {
  # shellcheck disable=SC3067 # all the shells have it
  if [ -O "$1" ] || [ ! -f "$1" ] || [ -h "$1" ]; then return 0; fi
  if [ "$(id -u)" = 0 ]; then return 0; fi
  if LC_ALL=C cp -p "$1" "$1.own.$$" && LC_ALL=C mv -f "$1.own.$$" "$1"; then return 0; fi
  rm -f "$1.own.$$"
} 2>/dev/null

# is_folder FOLDER: is it a folder, and not a link to one?  Anything else is removed.
is_folder() {
  if [ -d "$1" ] && [ ! -h "$1" ]; then return 0; fi
  if [ -e "$1" ] || [ -h "$1" ]; then rm -f "$1"; fi
  return 1
}

# is_odd FILE: does it exist without being a regular file?
is_odd() {
  if [ -h "$1" ]; then return 0; fi
  [ -e "$1" ] && [ ! -f "$1" ]
}

# remove_tree FOLDER: removes it, even if it has read-only or unreadable folders in it, such as those of Go's modules.
remove_tree() {
  if [ ! -e "$1" ] && [ ! -h "$1" ]; then return; fi
  if rm -rf "$1" 2>/dev/null && [ ! -e "$1" ]; then return; fi
  chmod -R u+rwX "$1" 2>/dev/null
  rm -rf "$1"
}

# has_ended STATUS-FILE: sets $wm_status to the exit status of a command that ended on its own.
has_ended() {
  wm_status=''
  if is_there "$1"; then read -r wm_status <"$1" || :; fi
  case $wm_status in '' | *[!0-9]*) return 1 ;; esac
}
