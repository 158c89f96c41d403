# What an untrusted plan may read.

# stay_inside: an untrusted plan reads no file that a link leads out of the project or to a hidden file.  The compiler
# has checked this as well, but links may have been made since.
stay_inside() {
  wm_root=$(pwd -P)
  IFS=$wm_nl
  for wm_name in $wm_paths; do
    [ -e "$wm_name" ] || continue
    real_path "$wm_name"
    case $wm_real in
      "$wm_root/$wm_dir"/*) ;;
      "$wm_root"/.* | "$wm_root"/*/.*) fail "${wm_name#./} is a hidden file: an untrusted plan may not read it" ;;
      "$wm_root"/*) ! is_secret "${wm_real##*/}" || fail "${wm_name#./} is called like a file of keys or credentials: an untrusted plan may not read it" ;;
      *) fail "${wm_name#./} leads out of the project: an untrusted plan may not read it" ;;
    esac
  done
  IFS=$wm_blanks
}

# is_secret NAME: the compiler has a pattern of the same names.
is_secret() {
  case $1 in
    [Ii][Dd]_[Rr][Ss][Aa] | [Ii][Dd]_[Dd][Ss][Aa] | [Ii][Dd]_[Ee][Cc][Dd][Ss][Aa] | [Ii][Dd]_[Ee][Dd]25519) return 0 ;;
    *.[Pp][Ee][Mm] | *.[Kk][Ee][Yy] | *.[Pp]12 | *.[Pp][Ff][Xx] | *.[Jj][Kk][Ss] | *.[Kk][Dd][Bb][Xx] | *.[Pp][Pp][Kk]) return 0 ;;
    *.[Ee][Nn][Vv] | *.[Kk][Ee][Yy][Ss][Tt][Oo][Rr][Ee] | *.[Tt][Ff][Ss][Tt][Aa][Tt][Ee]) return 0 ;;
  esac
  wm_word=$(printf '%s\n' "$1" | LC_ALL=C tr '[:upper:]' '[:lower:]')
  case $wm_word in
    *.secret | *.secrets | *.credential | *.credentials) return 0 ;;
  esac
  case ${wm_word%%[._-]*} in credential | credentials | secret | secrets | htpasswd | netrc) return 0 ;; esac
  case $wm_word in
    id_rsa[._-]* | id_dsa[._-]* | id_ecdsa[._-]* | id_ed25519[._-]* | serviceaccount | serviceaccount[._-]* | \
      service[_-]account | service[_-]account[._-]*) return 0 ;;
    *) return 1 ;;
  esac
}

# real_path FILE: sets $wm_real to its path without links, or to nothing if there are too many.
real_path() {
  wm_real=$1 wm_hops=0
  while [ -h "$wm_real" ]; do
    wm_hops=$((wm_hops + 1)) wm_hop=''
    [ "$wm_hops" -gt 40 ] || wm_hop=$(readlink "$wm_real")
    [ -n "$wm_hop" ] || { wm_real='' && return; }
    case $wm_hop in /*) wm_real=$wm_hop ;; *) wm_real=${wm_real%/*}/$wm_hop ;; esac
  done
  if wm_hop=$(cd -P "${wm_real%/*}/" && pwd -P); then wm_real=${wm_hop%/}/${wm_real##*/}; else wm_real=''; fi
}
