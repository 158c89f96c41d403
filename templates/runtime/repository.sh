# The git repository of the project, for workspaces: snapshots of the project, and the lock under which edits are
# merged.  Nothing here writes into the repository: objects and indexes are files of DIR/.workspace.
# shellcheck shell=sh disable=SC2154,SC2034 # it is sourced by agent.sh

# find_repository: sets $wm_repo to the repository's folder, $wm_git_common to what its worktrees share, $wm_top to the top of
# the working tree, $wm_prefix to the project's path from there (empty, or with a slash at its end), and $wm_shared to the
# folder of what all workspaces share.  Fails if workspaces are impossible.
find_repository() {
  [ -z "$wm_top" ] || return 0
  # A git hook, or another tool, may have set these for its own repository.
  unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_COMMON_DIR
  unset GIT_NAMESPACE GIT_PREFIX GIT_EXTERNAL_DIFF GIT_CONFIG_PARAMETERS GIT_GRAFT_FILE GIT_NO_REPLACE_OBJECTS
  unset GIT_GLOB_PATHSPECS GIT_NOGLOB_PATHSPECS GIT_ICASE_PATHSPECS GIT_LITERAL_PATHSPECS
  unset GIT_REPLACE_REF_BASE GIT_SHALLOW_FILE GIT_INTERNAL_SUPER_PREFIX
  wm_shared=$PWD/$wm_dir/.workspace
  wm_why="a workspace needs git, which is not installed"
  command -v git >/dev/null 2>&1 || return 1
  wm_found=$(git version) || return 1
  wm_found=${wm_found#git version }
  wm_why="a workspace needs git 2.38 or newer, and this is $wm_found"
  wm_rest=${wm_found#*.}
  case ${wm_found%%.*},${wm_rest%%[!0-9]*} in
    [01],* | 2,? | 2,[0-2]? | 2,3[0-7]) return 1 ;;
  esac
  wm_found=$(git rev-parse --path-format=absolute --is-bare-repository --git-dir --git-common-dir --show-toplevel \
    --show-prefix 2>&1) || {
    case $wm_found in
      *'must be run in a work tree'*) wm_why="a workspace needs a working tree, and this repository is bare" ;;
      *) wm_why="a workspace needs a git repository: $(git_says "$wm_found")" ;;
    esac
    return 1
  }
  wm_bare=''
  {
    read -r wm_bare
    IFS= read -r wm_repo
    IFS= read -r wm_git_common
    IFS= read -r wm_top
    IFS= read -r wm_prefix
  } <<END
$wm_found
END
  wm_why="a workspace needs a working tree, and this repository is bare"
  [ "$wm_bare" = false ] && [ -n "$wm_top" ] || return 1
  wm_why="cannot write in $wm_shared: is the disk full?"
  [ -d "$wm_shared/objects/info" ] || [ "$wm_wave" = preview ] || mkdir -p "$wm_shared/objects/info"
}

one_line() { printf '%s' "$1" | LC_ALL=C tr '[:cntrl:]' ' ' | LC_ALL=C cut -c 1-200; }

# git_says TEXT: git's output as one line; only the errors, if there are any.
git_says() {
  wm_line=$(printf '%s\n' "$1" | LC_ALL=C sed -n '/^fatal: /p;/^error: /p;/^warning: /p')
  one_line "${wm_line:-$1}"
  case $1 in *'nable to write'* | *'write failure'* | *'No space left'*) printf ': is the disk full?' ;; esac
}

# name_files FILES: files of a conflict, one per line, as a list.  If a file and a folder have the same name, git adds
# the commit to the file's name.
name_files() {
  printf '%s\n' "$1" | LC_ALL=C tr '\001-\011\013-\037\177' ' ' | LC_ALL=C awk '
    match($0, /~[0-9a-f]+$/) && RLENGTH > 40 { $0 = substr($0, 1, RSTART - 1) }
    $0 != "" && !($0 in seen) { seen[$0]; if (++n <= 10) printf "%s%s", (n > 1 ? ", " : ""), $0 }
    END { if (n > 10) printf " and %d more", n - 10 }'
}

# git_in TREE INDEX WORD...: runs git on a working tree and an index of ours.  Hooks and other programs that a
# repository can make git start are off.
git_in() {
  wm_at=$1 wm_index=$2
  shift 2
  GIT_DIR=$wm_repo GIT_WORK_TREE=$wm_at GIT_INDEX_FILE=$wm_index GIT_OBJECT_DIRECTORY=$wm_shared/objects \
    GIT_OPTIONAL_LOCKS=0 LC_ALL=C \
    GIT_AUTHOR_NAME=wavemake GIT_AUTHOR_EMAIL=wavemake@localhost \
    GIT_COMMITTER_NAME=wavemake GIT_COMMITTER_EMAIL=wavemake@localhost \
    git -C "$wm_at" -c core.hooksPath=/dev/null -c core.fsmonitor=false -c core.splitIndex=false -c gc.auto=0 -c core.quotePath=false \
    -c advice.addEmbeddedRepo=false -c core.safecrlf=false "$@"
}

# git_objects WORD...: runs git on objects only.
git_objects() { git_in "$wm_top" "$wm_shared/none" "$@"; }

# --- the lock -----------------------------------------------------------------

# lock_edits: until unlock_edits no other process merges, and no snapshot sees half of a merge.
lock_edits() {
  [ -z "$wm_editing" ] || return 0
  wm_empty=0 wm_refused=0
  [ -d "$wm_dir/.pools" ] || mkdir -p "$wm_dir/.pools" || fail "cannot write in $wm_dir: is the disk full?"
  until take "$wm_dir/.pools/.edits"; do
    if [ -e "$wm_dir/.pools/.edits" ] && dead "$wm_dir/.pools/.edits"; then steal "$wm_dir/.pools/.edits"; fi
    pause 0.05
  done
  wm_editing=1
  # A git that was killed left these: no other is at work here.
  for wm_name in "$wm_shared"/*.lock; do [ ! -e "$wm_name" ] || rm -f "$wm_name"; done
  # One path per line: that of the repository's own objects.
  wm_line=''
  [ ! -e "$wm_shared/objects/info/alternates" ] || IFS= read -r wm_line <"$wm_shared/objects/info/alternates"
  [ "$wm_line" = "$wm_git_common/objects" ] || printf '%s\n' "$wm_git_common/objects" >"$wm_shared/objects/info/alternates"
}

unlock_edits() {
  [ -n "$wm_editing" ] || return 0
  wm_editing=''
  rm -f "$wm_dir/.pools/.edits"
}

# --- snapshots ----------------------------------------------------------------

# under_way: sets $wm_why if an operation such as a rebase is in progress in the repository, during which files are in
# an intermediate state.
under_way() {
  wm_why='' wm_what=''
  if [ -d "$wm_repo/rebase-merge" ] || [ -d "$wm_repo/rebase-apply" ]; then wm_what=rebase
  elif [ -e "$wm_repo/MERGE_HEAD" ]; then wm_what=merge
  elif [ -e "$wm_repo/CHERRY_PICK_HEAD" ]; then wm_what=cherry-pick
  elif [ -e "$wm_repo/REVERT_HEAD" ]; then wm_what=revert
  fi
  [ -n "$wm_what" ] || return 1
  wm_why="a $wm_what is under way in this repository: git $wm_what --continue or --abort, then make"
}

# snapshot: sets $wm_now to a tree of the project as it is: committed, staged, changed and untracked, but not ignored, nor
# the agents' folder.  Returns 1, with the reason in $wm_why, if that is impossible.  It includes ignored files that
# agents read or write.
snapshot() {
  if under_way; then return 1; fi
  copy_index || return 1
  if take_snapshot; then return; fi
  # The copy may refer to objects that are gone.
  rm -f "$wm_shared/index" "$wm_shared/index.theirs"
  copy_index && take_snapshot
}

take_snapshot() {
  wm_said=$(add_all "$wm_top" "$wm_shared/index" ":(top,exclude,literal)$wm_prefix$wm_dir" 2>&1 &&
    add_ignored "$wm_top" "$wm_shared/index") || { wm_why="git add: $(git_says "$wm_said")" && return 1; }
  wm_now=$(git_in "$wm_top" "$wm_shared/index" write-tree 2>&1) ||
    { wm_why="git write-tree: $(git_says "$wm_now")" && return 1; }
  wm_now=${wm_now##*"$wm_nl"} # below git's warnings
}

# copy_index: starts from the repository's own index, because it has files that are tracked although they are ignored,
# and for speed; if the index is unchanged, from its last copy, which has the later changes.
copy_index() {
  if [ -e "$wm_shared/index" ] && cmp -s "$wm_repo/index" "$wm_shared/index.theirs"; then return 0; fi
  wm_why="cannot write in $wm_shared: is the disk full?"
  rm -f "$wm_shared/index.theirs" "$wm_shared/index"
  [ -e "$wm_repo/index" ] || return 0
  cp "$wm_repo/index" "$wm_shared/index.new" && cp "$wm_shared/index.new" "$wm_shared/index" || return 1
  wm_said=$(git_in "$wm_top" "$wm_shared/index" ls-files -u) || { wm_why="git ls-files: $(git_says "$wm_said")" && return 1; }
  if [ -n "$wm_said" ]; then
    wm_why="files of this repository have conflicts: resolve them (git status), then make"
    return 1
  fi
  show_hidden_changes
  wm_said=$(git_in "$wm_top" "$wm_shared/index" rm -r -q --cached --sparse --ignore-unmatch -- \
    ":(top,literal)$wm_prefix$wm_dir" 2>&1) || { wm_why="git rm --cached: $(git_says "$wm_said")" && return 1; }
  mv -f "$wm_shared/index.new" "$wm_shared/index.theirs"
}

# show_hidden_changes: with these marks git overlooks changed files; those of a sparse checkout do not exist at all.
show_hidden_changes() {
  wm_marks=$(git_in "$wm_top" "$wm_shared/index" ls-files -v | LC_ALL=C cut -c 1 | LC_ALL=C sort -u)
  case $wm_marks in
    *[a-z]*)
      git_in "$wm_top" "$wm_shared/index" ls-files -z |
        git_in "$wm_top" "$wm_shared/index" update-index -z --no-assume-unchanged --stdin ;;
  esac
  case $wm_marks in *[Ss]*) ;; *) return ;; esac
  if [ "$(git_objects config --bool core.sparseCheckout)" = true ]; then return; fi
  git_in "$wm_top" "$wm_shared/index" ls-files -z |
    git_in "$wm_top" "$wm_shared/index" update-index -z --no-skip-worktree --stdin
}

# add_all TREE INDEX PATHSPEC...: git add -A.  Its status is 1 if an excluded path is also ignored, which is fine; if a
# file cannot be added, it is 128.  A new file outside a sparse checkout counts like any other.
add_all() {
  wm_into=$1 wm_by=$2
  shift 2
  git_in "$wm_into" "$wm_by" add -A --sparse -- :/ "$@"
  [ "$?" -le 1 ]
}

# add_ignored TREE INDEX: adds files that the plan names even if git ignores them.
add_ignored() (
  set -f
  IFS=$wm_nl
  wm_into=$1 wm_by=$2
  set --
  for wm_name in $wm_outputs $(read_files_of_the_project); do
    # shellcheck disable=SC3013
    if [ -f "$wm_into/$wm_prefix$wm_name" ]; then set -- "$@" ":(top,literal)$wm_prefix$wm_name"; fi
  done
  [ "$#" = 0 ] || git_in "$wm_into" "$wm_by" add -f --sparse -- "$@" 2>&1
)

read_files_of_the_project() {
  for wm_line in $wm_links; do
    case $wm_line in 'read file '*) printf '%s\n' "${wm_line#read file }" ;; esac
  done
}
