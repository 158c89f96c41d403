# Keeps secrets out of all files: the values of variables whose names suggest a secret, and of those that the plan names
# in `env`.

# mask FILE...: rewrites those that hold such a value.  If no variable is secret, the private folder of the run says so,
# and this starts no process.  Returns 1 if it cannot be done, as when awk is killed or the disk is full.
mask() {
  if [ -z "$wm_needed" ] && [ -f "$wm_private/unmasked" ]; then return; fi
  for wm_name; do
    shift
    [ ! -f "$wm_name" ] || [ -h "$wm_name" ] || set -- "$@" "$wm_name"
  done
  if [ "$#" = 0 ]; then return; fi
  wm_masked=$(run_mask -v mask_find=1 -- "$@") || return 1
  IFS=$wm_nl
  for wm_name in $wm_masked; do
    IFS=$wm_blanks
    { (run_mask -- "$wm_name") >"$wm_try/masked" && mv -f "$wm_try/masked" "$wm_name"; } || return 1
    IFS=$wm_nl
  done
  IFS=$wm_blanks
}

mask_or_fail() { mask "$@" || fail "cannot take secrets out of what the agent printed: is the disk full?"; }

# run_mask OPTION... -- FILE...: as the last command of its process, this shell becomes awk.
run_mask() {
  wm_options=''
  if [ "$1" != -- ]; then wm_options=$2 && shift 2; fi
  shift
  # shellcheck disable=SC3045 # all the shells have it, or do without
  ulimit -v 1000000
  LC_ALL=C exec awk -v program=mask -v mask_also="$wm_needed" ${wm_options:+-v "$wm_options"} -f "$wm_here/lib.awk" "$@"
}

# is_unmasked: is the environment free of secret variables?  Most that look secret at first sight are not; if awk fails,
# the result is unknown.
is_unmasked() {
  case $(export -p) in
    *[Kk][Ee][Yy]* | *[Tt][Oo][Kk][Ee][Nn]* | *[Ss][Ee][Cc][Rr][Ee][Tt]* | *[Pp][Aa][Ss][Ss][WwPp]* | *[Cc][Rr][Ee][Dd]*) ;;
    *[Pp][Aa][Ss][Ss]=* | *_[Pp][Ww][Dd]=* | *[Pp][Aa][Tt]=* | *[Jj][Ww][Tt]=* | *[Bb][Ee][Aa][Rr][Ee][Rr]=* | *[Cc][Oo][Oo][Kk][Ii][Ee]=*) ;;
    *://*:*@*) ;;
    *) return 0 ;;
  esac
  LC_ALL=C awk -v program=mask -v mask_any=1 -f "$wm_here/lib.awk"
  [ "$?" = 1 ]
}
