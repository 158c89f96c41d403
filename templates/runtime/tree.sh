# The content of files and folders, as a checksum.

# digest_of FILE...: prints a checksum and a name, a line each; without arguments, for standard input.
digest_of() (
  IFS=$wm_nl
  # shellcheck disable=SC2086 # a word a line
  LC_ALL=C exec $wm_digest "$@"
)

# list_folder FOLDER: prints a checksum and a path for each file in it.
list_folder() (
  cd "$1" || exit 1
  IFS=$wm_nl
  # shellcheck disable=SC2086 # a word a line
  set -- $wm_digest
  find . \( -type f -o -type l -exec test -f {} \; \) -print | LC_ALL=C sort | LC_ALL=C sed 's/[^A-Za-z0-9_.\/-]/\\&/g' | LC_ALL=C xargs "$@" 2>/dev/null
)

# content_of PATH: sets $wm_sum to the checksum of a file, to that of a folder's list, or to a dash.
content_of() {
  wm_sum=-
  if [ -d "./$1" ]; then
    wm_sum=$(list_folder "./$1" | digest_of)
  elif [ -f "./$1" ]; then
    wm_sum=$(digest_of "./$1")
  fi
  wm_sum=${wm_sum%% *}
}
