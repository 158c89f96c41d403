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
dir=$2 rules=$3 plan=$4
shift 4

checksum() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$plan"; else shasum -a 256 <"$plan"; fi
}

compiled=''
while [ -e "$plan" ] && read -r mark word value; do
  case "$mark $word" in
    '# plan:') compiled=$value; break ;;
    ' ') break ;;
  esac
done <"$dir/$rules"
if [ -n "$compiled" ]; then
  sum=$(checksum) || exit 2
  [ "$compiled" = "${sum%% *}" ] || compiled=another
fi
if [ "$#" = 0 ]; then
  [ "$compiled" != another ]
elif [ "$compiled" != another ]; then
  { printf '' >"$dir/.plan"; } 2>/dev/null || : # it is asked again
else
  printf 'wavemake: %s has changed since it was compiled: %s\n' "$plan" "$1" >&2
fi
