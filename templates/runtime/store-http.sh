# A store that others share, by HTTP.

# is_up: has every agent of this run found the server responsive?
is_up() { [ ! -e "$wm_dir/runs/.nostore.$wm_run" ]; }

# give_up WHY: reports, once per run, that the server is not used any more.
give_up() {
  set -C
  if { : >"$wm_dir/runs/.nostore.$wm_run"; } 2>/dev/null; then
    printf 'wavemake: the store %s is not used in this run: %s\n' "${wm_remote##*@}" "$1" >&"$wm_voice"
  fi
  set +C
}

# request OPTION...: curl, with the headers of the variable that WAVEMAKE_STORE_HEADERS names; sets $wm_code to the
# status of HTTP.  They are read from standard input, so that no list of processes shows them.
request() {
  if ! is_up; then return 1; fi
  command -v curl >/dev/null 2>&1 || { give_up "it needs curl, which is not installed" && return 1; }
  wm_headers=''
  case ${WAVEMAKE_STORE_HEADERS:-} in
    '' | *[!A-Za-z0-9_]* | [0-9]*) ;;
    *) eval "wm_headers=\${$WAVEMAKE_STORE_HEADERS:-}" ;;
  esac
  wm_code=$(printf '%s\n' "$wm_headers" | LC_ALL=C sed -n 's/[\\"]/\\&/g; s/..*/header = "&"/p' |
    curl -q -K - -s --netrc-optional --connect-timeout 3 --speed-limit 100 --speed-time 5 -w '%{http_code}' "$@")
  case $wm_code in
    2*) ;;
    404 | 410) return 1 ;;
    000) give_up "it does not answer" && return 1 ;;
    *) give_up "it answers with status $wm_code" && return 1 ;;
  esac
}

# download KIND SUM: copies it from the server into the local store, where it is then checked; sets $wm_place.
download() {
  place "$1" "$2"
  make_place || return 1
  request -o "$wm_place.$$" --max-filesize 1073741824 "$wm_remote/$1/$2" && mv -f "$wm_place.$$" "$wm_place" && return
  rm -f "$wm_place.$$"
  return 1
}

# send FILE KIND SUM
send() { request -o /dev/null -T "$1" "$wm_remote/$2/$3"; }

# send_content RECORD: sends the content; for a folder, its list and all files in it.
send_content() {
  case $1 in *' -') return ;; esac
  place cas "${1##* }"
  send "$wm_place" cas "${1##* }" || return 1
  case $1 in *'/ '*) ;; *) return ;; esac
  wm_list=$wm_place
  while IFS= read -r wm_member; do
    place cas "${wm_member%% *}"
    send "$wm_place" cas "${wm_member%% *}" || return 1
  done <"$wm_list"
}

# upload: sends the contents first, so that no entry names a missing content.
upload() {
  send "$wm_me/output.md" cas "$wm_answer" || return 0
  set -f
  IFS=$wm_nl
  for wm_line in $wm_recorded; do
    IFS=$wm_blanks
    send_content "$wm_line" || { set +f && return 0; }
    IFS=$wm_nl
  done
  IFS=$wm_blanks
  set +f
  place ac "$wm_ac"
  send "$wm_place" ac "$wm_ac" || return 0
}

# await_remote_lease: does the same, as far as plain GET and PUT allow: two that look at the same moment both run the
# agent.
await_remote_lease() {
  wm_leased=$(printf 'lease %s' "$wm_ac" | LC_ALL=C $wm_digest) wm_leased=${wm_leased%% *}
  while request -o "$wm_try.lease" "$wm_remote/ac/$wm_leased"; do
    read -r wm_where wm_pid wm_ends <"$wm_try.lease" || break
    now
    case $wm_ends in '' | *[!0-9]*) break ;; esac
    if [ "$wm_ends" -le "${wm_epoch%.*}" ] || [ $((wm_ends - ${wm_epoch%.*})) -gt 86400 ]; then break; fi
    wm_late=1
    waits "another machine, which pays for the same (pid $wm_pid on $wm_where)"
    nap 5
    if download ac "$wm_ac"; then break; fi
  done
  rm -f "$wm_try.lease"
  now
  sign_lease $((${wm_epoch%.*} + wm_timeout + 60))
}

# sign_lease UNTIL
sign_lease() {
  printf '%s %s %s\n' "$wm_host" $$ "$1" >"$wm_try.lease" && send "$wm_try.lease" ac "$wm_leased"
  rm -f "$wm_try.lease"
}
