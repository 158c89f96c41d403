# Where the store is, for the runtime and for `wavemake store`.

# find_store: sets $wm_store to the local folder, or to nothing, and $wm_remote to a URL, or to nothing.
find_store() {
  wm_remote='' wm_store=''
  wm_origin='' wm_common=''
  case ${WAVEMAKE_STORE:-} in
    off) return ;;
    http://* | https://*) wm_remote=${WAVEMAKE_STORE%/} ;;
    ?*) wm_store=$WAVEMAKE_STORE && return ;;
  esac
  find_common_folder
  wm_store=${wm_common:-$wm_dir/.store}
  [ -z "$wm_common" ] || wm_store=$wm_common/wavemake/store
  find_origin
}

# find_common_folder: sets $wm_common to git's folder that all worktrees of this repository share, or to nothing.
# It does not call git, to save a process.
find_common_folder() {
  wm_common='' wm_up=.
  until [ -e "$wm_up/.git" ]; do
    # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
    [ ! "$wm_up" -ef / ] || return
    wm_up=$wm_up/..
  done
  wm_common=$wm_up/.git
  if [ -f "$wm_common" ]; then
    read -r wm_word wm_common <"$wm_common" || return
    case $wm_word,$wm_common in gitdir:,/*) ;; gitdir:,*) wm_common=$wm_up/$wm_common ;; *) wm_common='' && return ;; esac
  fi
  if [ -f "$wm_common/commondir" ]; then
    read -r wm_word <"$wm_common/commondir"
    case $wm_word in /*) wm_common=$wm_word ;; *) wm_common=$wm_common/$wm_word ;; esac
  fi
  [ -d "$wm_common" ] || wm_common=''
}

# find_origin: sets $wm_origin to the store of the repository that this one was cloned from, if that is a folder here.
find_origin() {
  wm_origin='' wm_section=''
  [ -n "$wm_common" ] && [ -f "$wm_common/config" ] || return 0
  while read -r wm_word wm_sign wm_value; do
    case $wm_word,$wm_sign in
      '[remote','"origin"]') wm_section=1 ;;
      '['*) wm_section='' ;;
      url,=) [ -z "$wm_section" ] || wm_origin=${wm_value#file://} ;;
    esac
  done <"$wm_common/config"
  case $wm_origin in /*) ;; *) wm_origin='' && return ;; esac
  if [ -d "$wm_origin/.git" ]; then wm_origin=$wm_origin/.git; fi
  wm_origin=$wm_origin/wavemake/store
}
