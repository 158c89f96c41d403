#!/bin/sh
# Has the plan changed since it was compiled?  Its checksum tells: clones and editors give it another time.
#
#   sh plan.sh ROOT DIR RULES PLAN [AGAIN]
#
#   ROOT   the project's folder, relative to where make runs; DIR and PLAN are relative to it
#   RULES  the file in DIR that was compiled
#   AGAIN  the command that compiles the plan: a change is told, and no failure; DIR/.plan says that there is none
#
# Exit status: 1 if it has changed.
set -u
unset CDPATH
cd "$1" || exit 2
wm_dir=$2 wm_rules=$3 wm_plan=$4
shift 4

checksum() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$wm_plan"; else shasum -a 256 <"$wm_plan"; fi
}

wm_compiled=''
while [ -e "$wm_plan" ] && read -r wm_mark wm_word wm_value; do
  case "$wm_mark $wm_word" in
    '# plan:') wm_compiled=$wm_value; break ;;
    ' ') break ;;
  esac
done <"$wm_dir/$wm_rules"
if [ -n "$wm_compiled" ]; then
  wm_sum=$(checksum) || exit 2
  [ "$wm_compiled" = "${wm_sum%% *}" ] || wm_compiled=another
fi
if [ "$#" = 0 ]; then
  [ "$wm_compiled" != another ]
elif [ "$wm_compiled" != another ]; then
  { printf '' >"$wm_dir/.plan"; } 2>/dev/null || : # it is asked again
else
  printf 'wavemake: %s has changed since it was compiled: %s\n' "$wm_plan" "$1" >&2
fi
