# Workspaces: a private checkout of the project in which an agent works, in AGENT/.work:
#
#   tree/    the files, with a repository of its own in tree/.git
#   index    of tree, as it was when the agent began and then as it left it
#   base     the tree of the project as it was when the agent began
#   result   the same with the agent's edits
#   merged   there since these edits are in the project: see merge.sh
#
# shellcheck shell=sh disable=SC2154,SC2034 # it is sourced by agent.sh

# begin_workspace: checks the project out as it is.  Edits of the last try are kept if they are to be corrected.
begin_workspace() {
  find_repository || fail "$wm_why"
  wm_tree=$wm_work/tree
  if [ "$wm_resumed" = both ] || { [ -n "$wm_resumed" ] && [ "$wm_begun" = "$wm_key" ]; }; then return; fi
  [ -z "$wm_commit" ] || can_commit || fail "$wm_why"
  wm_resumed=''
  lock_edits
  recover
  snapshot || { unlock_edits && fail "$wm_why"; }
  if [ -n "$wm_pristine" ] && [ "$wm_pristine" = "$wm_now" ]; then
    unlock_edits
    return
  fi
  begin_with "$wm_now" "$wm_now"
  wm_pristine=$wm_base_tree
}

# begin_with BASE TREE: checks out TREE, which is the present project, BASE, with others' changes merged into it.
# Releases the lock.
begin_with() {
  { remove_tree "$wm_work" && mkdir -p "$wm_tree" && cp "$wm_shared/index" "$wm_work/index" && count_merges >"$wm_work/since"; } ||
    { unlock_edits && fail "cannot write in $wm_me: is the disk full?"; }
  wm_base_tree=$1 wm_pristine='' wm_begun=$wm_key
  unlock_edits
  [ "$1" = "$2" ] || git_in "$PWD/$wm_tree" "$PWD/$wm_work/index" read-tree "$2" || fail "cannot read a tree of git's"
  refuse_submodules
  wm_said=$(git_in "$PWD/$wm_tree" "$PWD/$wm_work/index" checkout-index -a -f -u -q 2>&1) ||
    fail "cannot check its workspace out: $(git_says "$wm_said")"
  printf '%s\n' "$wm_base_tree" >"$wm_work/base" || fail "cannot write in $wm_me: is the disk full?"
  make_repository
  fill_workspace
}

count_merges() { if [ -e "$wm_shared/merges" ]; then wc -l <"$wm_shared/merges"; else echo 0; fi; }

# can_commit: is there a branch to commit to, and an author?
can_commit() {
  wm_why="HEAD is detached, and a commit would belong to no branch: git switch -c NAME"
  git_objects symbolic-ref -q HEAD >/dev/null || return 1
  wm_why="git does not know who commits: git config user.name and user.email"
  git_user var GIT_COMMITTER_IDENT >/dev/null 2>&1
}

# refuse_submodules: a repository within this one is not part of it, and its files are not in a snapshot.  An agent that
# needs it gets it by copy or link; if it is not checked out here, it is missing there as well.
refuse_submodules() {
  wm_found=$(git_in "$PWD/$wm_tree" "$PWD/$wm_work/index" ls-files -s | LC_ALL=C sed -n "s/^160000 [0-9a-f]* [0-9]$(printf '\t')//p")
  [ -n "$wm_found" ] || return 0
  IFS=$wm_nl
  set -f
  for wm_name in $wm_found; do
    case $wm_nl$wm_copies$wm_joined in *"$wm_nl${wm_name#"$wm_prefix"}$wm_nl"*) continue ;; esac
    if [ -e "$wm_top/$wm_name/.git" ]; then
      IFS=$wm_blanks
      set +f
      fail "$wm_name is a repository of its own, which a workspace lacks: name it in \"copy\" or \"link\" of the workspace"
    fi
  done
  IFS=$wm_blanks
  set +f
}

# make_repository: the agent's git sees the project's history, with what the agent began with on top.  Its own objects,
# branches, index and hooks are files of the workspace.
make_repository() {
  wm_said=$(git_objects commit-tree "$wm_base_tree" -p HEAD -m "The project as $wm_agent found it" 2>&1) ||
    fail "git commit-tree: $(git_says "$wm_said")"
  wm_git=$wm_tree/.git
  {
    mkdir -p "$wm_git/objects/info" "$wm_git/refs/heads" "$wm_git/info" &&
      printf '%s\n' "$wm_said" >"$wm_git/HEAD" &&
      printf '%s\n' "$wm_shared/objects" >"$wm_git/objects/info/alternates" &&
      git_objects for-each-ref --format='%(objectname) %(refname)' refs/heads refs/remotes refs/tags >"$wm_git/packed-refs" &&
      list_config >"$wm_git/config" &&
      list_excluded >"$wm_git/info/exclude" &&
      cp "$wm_work/index" "$wm_git/index"
  } || fail "cannot write in $wm_me: is the disk full?"
  [ ! -e "$wm_git_common/shallow" ] || cp "$wm_git_common/shallow" "$wm_git/shallow"
  [ ! -e "$wm_repo/info/sparse-checkout" ] || cp "$wm_repo/info/sparse-checkout" "$wm_git/info/sparse-checkout"
}

# list_config: the settings for how files are read and written, and for the author; no remotes, hooks or aliases.
list_config() {
  printf '[core]\n\tbare = false\n'
  git_objects config --local --get-regexp \
    '^(core\.(repositoryformatversion|filemode|symlinks|ignorecase|precomposeunicode|autocrlf|eol|excludesfile|attributesfile|sparsecheckout|sparsecheckoutcone)|extensions\.objectformat|index\.sparse|user\.(name|email)|filter\..*|lfs\..*|diff\..*)$' |
    LC_ALL=C awk '
      {
        key = $1
        value = substr($0, length(key) + 2)
        n = split(key, part, ".")
        section = part[1]
        if (n > 2) {
          name = substr(key, length(part[1]) + 2, length(key) - length(part[1]) - length(part[n]) - 2)
          gsub(/[\\"]/, "\\\\&", name)
          section = section " \"" name "\""
        }
        gsub(/[\\"]/, "\\\\&", value)
        printf "[%s]\n\t%s = \"%s\"\n", section, part[n], value
      }'
}

list_excluded() {
  [ ! -f "$wm_git_common/info/exclude" ] || cat "$wm_git_common/info/exclude"
  printf '\n/%s/\n' "$wm_prefix$wm_dir"
  [ -z "$wm_copies$wm_joined" ] || printf '%s' "$wm_copies$wm_joined" | LC_ALL=C sed "s|^|/$wm_prefix|"
}

# fill_workspace: adds ignored files that the agent needs, and files in the agents' folder, which snapshots leave out.
fill_workspace() {
  wm_ours=$wm_tree/$wm_prefix$wm_dir
  set -f
  IFS=$wm_nl
  for wm_name in $wm_copies $wm_joined; do
    [ -e "./$wm_name" ] || fail "$wm_name, which is to be in its workspace, does not exist"
    wm_into=$wm_tree/$wm_prefix$wm_name
    rmdir "$wm_into" 2>/dev/null # of a submodule
    case $wm_nl$wm_copies in
      *"$wm_nl$wm_name$wm_nl"*)
        [ -e "$wm_into" ] || { make_parent "$wm_into" && cp -RPp "./$wm_name" "$wm_into"; } ||
          fail "cannot copy $wm_name into its workspace" ;;
      *)
        [ ! -e "$wm_into" ] || fail "$wm_name is in its workspace already, because git knows it: leave it out of \"link\""
        { make_parent "$wm_into" && ln -s "$PWD/$wm_name" "$wm_into"; } || fail "cannot link $wm_name in its workspace" ;;
    esac
  done
  IFS=$wm_blanks
  set +f
  for wm_name in "${wm_home##*/}/system.md" runtime/rehearse.sh; do
    [ ! -f "$wm_dir/$wm_name" ] || { make_parent "$wm_ours/$wm_name" && cp "$wm_dir/$wm_name" "$wm_ours/$wm_name"; } ||
      fail "cannot write in $wm_me: is the disk full?"
  done
}

make_parent() { mkdir -p "${1%/*}"; }

# in_workspace PATH: sets $wm_seen to where the agent sees a file that it reads, relative to the project.
in_workspace() {
  wm_seen=$wm_tree/$wm_prefix${1#./}
  # Answers of other agents are copied when they are read.
  case $1 in
    "$wm_dir"/*) { make_parent "$wm_seen" && cp "$1" "$wm_seen"; } || fail "cannot write in $wm_me: is the disk full?" ;;
  esac
  [ -e "$wm_seen" ] || wm_seen=$1
}

# set_up: runs the setup as part of the agent: its output is in the log, its failure is the agent's.
set_up() {
  wm_pristine=''
  if [ -z "$wm_setup" ] || [ "$wm_resumed" = 1 ]; then return; fi
  # shellcheck disable=SC2016 # sh's own
  lead /dev/null /dev/null "$wm_try/setup.out" "$wm_me/log.txt" \
    sh -c 'cd "$0" && exec "$@" >&2' "$PWD/$wm_tree/$wm_prefix" sh -c "$wm_setup"
  has_ended "$wm_rc" || :
  [ "$wm_status" = 0 ] || fail "its setup failed ($wm_status): $wm_setup"
}

# take_edits: sets $wm_result to the project as the agent began with it and with its edits, and writes them as a patch.
# Files that a check writes later do not belong to them.
take_edits() {
  find_repository || { wm_reason=$wm_why && return; }
  wm_tree=$wm_work/tree wm_base_tree='' wm_result=''
  wm_reason="cannot take its edits: its workspace is damaged, $wm_work/base is gone"
  if [ -s "$wm_work/base" ]; then read -r wm_base_tree <"$wm_work/base"; else return; fi
  wm_reason=''
  if [ -s "$wm_work/result" ]; then
    read -r wm_result <"$wm_work/result"
  else
    add_edits || { refuse_edits_made && return; }
  fi
  wm_said=$(write_patch "$wm_base_tree" "$wm_result" "$wm_try/changes.patch" 2>&1) ||
    { wm_reason="cannot write its edits: $(git_says "${wm_said:-is the disk full?}")" && keep_if_full && return; }
  if [ ! -s "$wm_work/result" ]; then printf '%s\n' "$wm_result" >"$wm_work/result"; fi
  if [ -s "$wm_work/conflicts" ]; then look_for_markers; fi
  # The files that it says it wrote.
  [ ! -f "$wm_tree/$wm_prefix$wm_me/files.json" ] || cp "$wm_tree/$wm_prefix$wm_me/files.json" "$wm_me/files.json"
}

# refuse_edits_made: sets $wm_reason to why they cannot be taken.  What is in the way is of the agent's own making: its
# answer is kept, so that it is charged once, and every make tries again to take the edits.
refuse_edits_made() {
  wm_reason="cannot take its edits: $wm_why"
  keep_if_full
  if [ ! -d "$wm_tree" ] || [ ! -d "$wm_shared/objects" ]; then return; fi
  wm_kept=1
  wm_reason="$wm_reason (its answer is kept: put that right in $wm_tree, or run it again: $(how_to_force), or $(how_to reject 'WHY="..."'))"
  # The make that ran it has its costs on its bill.
  [ ! -e "$wm_try/billed" ] || stay failed "$wm_reason"
  : >"$wm_try/billed"
  not_run failed "$wm_reason"
}

# keep_if_full: if the disk is too full for the edits, the attempt is kept, with its workspace, until there is room.
keep_if_full() {
  case $wm_reason in *'is the disk full?') wm_kept=1 && fail "$wm_reason" ;; esac
}

look_for_markers() {
  while IFS= read -r wm_name; do
    if grep -q '^<<<<<<< ' "$wm_tree/$wm_name" 2>/dev/null; then wm_reason="it left conflict markers in $wm_name"; fi
  done <"$wm_work/conflicts"
}

add_edits() {
  [ ! -e "$wm_work/index.lock" ] || rm -f "$wm_work/index.lock"
  wm_why="something has removed $wm_shared/objects"
  [ -d "$wm_shared/objects" ] || return 1
  wm_said=$(add_all_edits)
  wm_code=$?
  # An unreadable folder is left out with a warning.
  case $wm_said in
    *'Permission denied'*)
      chmod -R u+rwX "$wm_tree" 2>/dev/null
      wm_said=$(add_all_edits)
      wm_code=$? ;;
  esac
  case $wm_said in
    *'does not have a commit checked out'*)
      wm_why=${wm_said%%"/' does not"*}
      wm_why="it made a repository of its own in ${wm_why##*"'"}"
      return 1 ;;
  esac
  [ "$wm_code" = 0 ] || { wm_why=$(git_says "$wm_said") && return 1; }
  wm_result=$(git_in "$PWD/$wm_tree" "$PWD/$wm_work/index" write-tree 2>&1) ||
    { wm_why=$(git_says "$wm_result") && return 1; }
  wm_result=${wm_result##*"$wm_nl"}
  wm_found=$(git_objects diff-tree -r --no-renames "$wm_base_tree" "$wm_result" 2>/dev/null |
    LC_ALL=C sed -n "s/^:[0-9]* 160000 [^$(printf '\t')]*$(printf '\t')//p")
  if [ -z "$wm_found" ]; then return; fi
  # Else git would not look into it again.
  printf '%s\n' "$wm_found" | git_in "$PWD/$wm_tree" "$PWD/$wm_work/index" update-index --force-remove --stdin
  wm_why="it made a repository of its own in $(name_files "$wm_found")"
  return 1
}

# add_all_edits: prints git's output.
add_all_edits() (
  set -f
  IFS=$wm_nl
  set -- ":(top,exclude,literal)$wm_prefix$wm_dir"
  for wm_name in $wm_copies $wm_joined; do set -- "$@" ":(top,exclude,literal)$wm_prefix$wm_name"; done
  add_all "$PWD/$wm_tree" "$PWD/$wm_work/index" "$@" 2>&1 &&
    add_ignored "$PWD/$wm_tree" "$PWD/$wm_work/index"
)

# write_patch FROM TO FILE
write_patch() {
  git_objects -c diff.algorithm=myers diff-tree -r -p --binary --full-index --no-color --no-ext-diff --no-textconv \
    --find-renames --src-prefix=a/ --dst-prefix=b/ "$1" "$2" >"$3"
}

# count_edits FROM TO: sets $wm_edits to the members for status and events, as JSON that begins with a comma.
count_edits() {
  wm_edits=$(git_objects diff-tree -r --numstat --no-renames "$1" "$2" | LC_ALL=C awk '
    { files++; added += $1; removed += $2 }
    END { printf ",\"files\":%d,\"added\":%d,\"removed\":%d", files, added, removed }')
}

# leave_workspace: removes the checkout: edits that are in the project, or wait in AGENT/changes.patch, do not need it.
leave_workspace() { remove_tree "$wm_work"; }

# find_own_edits: adds to $wm_owned the files that it edited in its workspace, and that are in the project as it left them:
# nobody else has edited them since it began.
find_own_edits() {
  if [ "$wm_base_tree" = "$wm_result" ] || [ -z "${wm_merged:-}" ]; then return; fi
  wm_found=$(git_objects diff-tree -r --no-renames --relative="$wm_prefix" --name-only "$wm_base_tree" "$wm_result")
  wm_foreign=$wm_nl$(git_objects diff-tree -r --no-renames --relative="$wm_prefix" --name-only "$wm_result" "$wm_merged")$wm_nl
  set -f
  IFS=$wm_nl
  for wm_name in $wm_found; do
    case $wm_foreign in *"$wm_nl$wm_name$wm_nl"*) continue ;; esac
    if [ -f "./$wm_name" ]; then wm_owned=$wm_owned$wm_name$wm_nl; fi
  done
  IFS=$wm_blanks
  set +f
}
