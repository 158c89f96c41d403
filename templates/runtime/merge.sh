# Merges an agent's edits into the project: three-way, and all of them or none.
#
# What is being put into the project is in DIR/.workspace/journal from its first file to its last:
#
#   agent NAME     whose edits they are
#   from TREE      the project before
#   to TREE        the project with them
#   commit COMMIT  the new head of the current branch, if the plan asks for commits
#   parent COMMIT  the old one
#
# Each file is replaced by a rename, so that it is either as in `from` or as in `to`; after a kill, the rest is done as
# a merge of these two with the project as it is then.
# shellcheck shell=sh disable=SC2154,SC2034 # it is sourced by agent.sh

# merge_edits BASE RESULT: puts the edits that lead from one tree to the other into the project.  Returns 1 if they
# conflict with it, with the files in $wm_conflicts, one a line; fails, with the attempt kept, if they cannot be merged for
# another reason.
merge_edits() {
  lock_edits
  recover
  wm_looked=0
  while :; do
    snapshot || { unlock_edits && wm_kept=1 && fail "its edits are not merged yet: $wm_why"; }
    merge_trees "$1" "$wm_now" "$2" || { unlock_edits && return 1; }
    prepare_commit "$1" "$2"
    note_journal "$wm_agent${wm_verb:+ $wm_verb}" "$wm_now" "$wm_merged"
    apply_tree "$wm_now" "$wm_merged"
    case $? in
      0) note_merge && break ;;
      1) unlock_edits && return 1 ;;
      2) ;; # a file was saved meanwhile
      *) unlock_edits && wm_kept=1 && fail "its edits are not merged: $wm_why" ;;
    esac
    wm_looked=$((wm_looked + 1))
    [ "$wm_looked" -lt 20 ] || { unlock_edits && wm_kept=1 && fail "its edits are not merged: $wm_why"; }
  done
  unlock_edits
}

# note_merge: records whose edits changed which files, in the order of the merges, an `AGENT PATH` line each.
note_merge() {
  git_objects diff-tree -r --no-renames --name-only "$wm_now" "$wm_merged" | LC_ALL=C sed "s|^|$wm_agent |" \
    >>"$wm_shared/merges" || : # only improves a message
}

# find_rivals: sets $wm_rivals to the agents that changed the files of $wm_conflicts since this agent began.
find_rivals() {
  wm_seen=0
  [ ! -s "$wm_work/since" ] || read -r wm_seen <"$wm_work/since"
  wm_rivals=$([ ! -e "$wm_shared/merges" ] || printf '%s\n' "$wm_conflicts" | LC_ALL=C awk -v since="$wm_seen" -v me="$wm_agent" '
    FNR == NR { conflict[$0]; next }
    FNR > since && $1 != me && substr($0, length($1) + 2) in conflict && !($1 in seen) {
      seen[$1]
      printf "%s%s", (n++ ? ", " : ""), $1
    }' - "$wm_shared/merges")
  wm_rivals=${wm_rivals:-yours}
}

# merge_trees BASE OURS THEIRS: sets $wm_merged to the tree with the changes of both.  If they conflict, it holds the
# markers, $wm_conflicts the files, and 1 is returned.
merge_trees() {
  wm_conflicts=''
  case $2 in
    "$1") wm_merged=$3 && return ;;
    "$3") wm_merged=$3 && return ;;
  esac
  wm_merged=$2
  if [ "$1" = "$3" ]; then return; fi
  wm_said=$(
    # As commits: older gits take no trees.
    wm_base_commit=$(git_objects commit-tree "$1" -m base) &&
      wm_our_commit=$(git_objects commit-tree "$2" -p "$wm_base_commit" -m ours) &&
      wm_their_commit=$(git_objects commit-tree "$3" -p "$wm_base_commit" -m theirs) || exit 2
    git_objects merge-tree --write-tree --name-only --no-messages "$wm_our_commit" "$wm_their_commit" 2>&1
  )
  wm_code=$?
  wm_merged=${wm_said%%"$wm_nl"*}
  case $wm_code in
    0) return ;;
    1) ;;
    *) unlock_edits && wm_kept=1 && fail "git merge-tree: $(git_says "$wm_said")" ;;
  esac
  wm_conflicts=${wm_said#*"$wm_nl"}
  return 1
}

note_journal() {
  printf 'agent %s\nfrom %s\nto %s\n%s' "$@" "${wm_new:+commit $wm_new${wm_nl}parent $wm_head$wm_nl}" \
    >"$wm_shared/journal.new" ||
    { unlock_edits && wm_kept=1 && fail "its edits are not merged: cannot write in $wm_shared: is the disk full?"; }
}

# apply_tree FROM TO: makes the project, which is FROM by the index of the last snapshot, TO.  Returns 1 if that would
# overwrite what git ignores, 2 if a file is not as in the snapshot any more, and 3 if it cannot be written; nothing has
# been changed then.
apply_tree() {
  if [ "$1" = "$2" ]; then
    finish_commit
    close_journal
    return 0
  fi
  wm_why=$(git_in "$wm_top" "$wm_shared/index" read-tree -m -u -n "$1" "$2" 2>&1) ||
    { wm_why=$(git_says "$wm_why") && return 2; }
  find_in_the_way "$1" "$2"
  [ -z "$wm_conflicts" ] || return 1
  stage "$1" "$2" || { wm_why="cannot write in $wm_shared: is the disk full?" && return 3; }
  # From here on the merge will complete, if need be in the next make.
  mv -f "$wm_shared/journal.new" "$wm_shared/journal" || { wm_why="cannot write in $wm_shared" && return 3; }
  move_staged "$1" "$2" || { unlock_edits && wm_kept=1 && fail "its edits are merged in part: $wm_why; make goes on with it"; }
  finish_commit
  rm -f "$wm_shared/seen"
  mv -f "$wm_shared/journal" "$wm_shared/journal.new"
  close_journal
}

# close_journal: a file in the agent's folder records whether its edits are in the project.
close_journal() {
  wm_line=''
  read -r wm_line <"$wm_shared/journal.new"
  wm_line=${wm_line#agent }
  case $wm_line in
    *' undo') printf '' >"$wm_dir/${wm_line% *}/undone" ;;
    *' redo') rm -f "$wm_dir/${wm_line% *}/undone" ;;
    *' again' | .) ;;
    *)
      if [ -d "$wm_dir/$wm_line/.work" ]; then
        mv -f "$wm_shared/journal.new" "$wm_dir/$wm_line/.work/merged"
        return
      fi ;;
  esac
  rm -f "$wm_shared/journal.new"
}

# changed_paths FILTER FROM TO: the paths, each ended by a NUL, because names may contain any other character.
changed_paths() { git_objects diff-tree -r -z --no-renames --name-only --diff-filter="$1" "$2" "$3"; }

# find_in_the_way FROM TO: sets $wm_conflicts to files that are not in FROM, because git ignores them, and would be
# overwritten.
find_in_the_way() {
  wm_conflicts=''
  # shellcheck disable=SC2016 # sh's own
  wm_found=$(changed_paths A "$1" "$2" | LC_ALL=C xargs -0 sh -c '
    cd "$0" || exit 1
    for path do
      if [ -d "./$path" ] && [ ! -h "./$path" ]; then printf "folder %s\n" "$path"
      elif [ -e "./$path" ] || [ -h "./$path" ]; then printf "file %s\n" "$path"
      else
        while [ "$path" != "${path%/*}" ]; do
          path=${path%/*}
          if [ -d "./$path" ] && [ ! -h "./$path" ]; then break; fi
          if [ -e "./$path" ] || [ -h "./$path" ]; then printf "parent %s\n" "$path" && break; fi
        done
      fi
    done' "$wm_top")
  while read -r wm_word wm_value; do
    case $wm_word in
      file) wm_conflicts=$wm_conflicts$wm_value$wm_nl ;;
      # The tracked files of a folder are removed first; the rest is in the way.
      folder)
        wm_said=$(git_in "$wm_top" "$wm_shared/index" ls-files -o -- ":(top,literal)$wm_value")
        [ -z "$wm_said" ] || wm_conflicts=$wm_conflicts$wm_said$wm_nl ;;
      parent)
        git_in "$wm_top" "$wm_shared/index" ls-files --error-unmatch -- ":(top,literal)$wm_value" >/dev/null 2>&1 ||
          wm_conflicts=$wm_conflicts$wm_value$wm_nl ;;
    esac
  done <<END
$wm_found
END
}

# stage FROM TO: writes new and changed files beside the project.
stage() {
  [ ! -e "$wm_shared/stage" ] || rm -rf "$wm_shared/stage"
  mkdir "$wm_shared/stage" &&
    wm_why=$(git_in "$wm_top" "$wm_shared/stage.index" -c core.sparseCheckout=false read-tree "$2" 2>&1) &&
    changed_paths AMT "$1" "$2" |
    git_in "$wm_top" "$wm_shared/stage.index" checkout-index -q -f -z --stdin --prefix="$wm_shared/stage/"
}

# move_staged FROM TO: removes files first, because a file may take the place of a folder.
move_staged() {
  # shellcheck disable=SC2016 # sh's own
  wm_why=$({
    changed_paths D "$1" "$2" | LC_ALL=C xargs -0 sh -c '
      cd "$0" && rm -f -- "$@" || exit 1
      last=
      for path do
        case $path in */*) folder=${path%/*} ;; *) continue ;; esac
        [ "$folder" = "$last" ] || [ ! -d "./$folder" ] || rmdir -p "./$folder" 2>/dev/null
        last=$folder
      done' "$wm_top" &&
      changed_paths AMT "$1" "$2" | LC_ALL=C xargs -0 sh -c '
      cd "$0" || exit 1
      from=$1 last= count=-1
      shift
      for path do
        case $path in */*) folder=${path%/*} ;; *) folder=. ;; esac
        # One process renames all files of a folder.
        if [ "$folder" != "$last" ] || [ "$count" -ge 100 ]; then
          [ "$count" -le 0 ] || mv -f "$@" "./$last" || exit 1
          [ -d "./$folder" ] || mkdir -p "./$folder" || exit 1
          set --
          last=$folder count=0
        fi
        # mv would follow a link to a folder.
        [ ! -h "./$path" ] || rm -f "./$path"
        [ ! -d "./$path" ] || rmdir "./$path" || exit 1
        set -- "$@" "$from/$path"
        count=$((count + 1))
      done
      [ "$count" -le 0 ] || mv -f "$@" "./$last"' "$wm_top" "$wm_shared/stage"
  } 2>&1) || { wm_why=$(one_line "$wm_why") && return 1; }
  rm -rf "$wm_shared/stage" "$wm_shared/stage.index"
}

# recover: completes an interrupted merge, or undoes it if a file was edited that it had not yet changed.
recover() {
  [ ! -e "$wm_shared/journal.new" ] || rm -f "$wm_shared/journal.new"
  [ -e "$wm_shared/journal" ] || return 0
  wm_owner='' wm_from='' wm_to='' wm_new='' wm_head=''
  while read -r wm_word wm_value; do
    case $wm_word in
      agent) wm_owner=$wm_value ;;
      from) wm_from=$wm_value ;;
      to) wm_to=$wm_value ;;
      commit) wm_new=$wm_value ;;
      parent) wm_head=$wm_value ;;
    esac
  done <"$wm_shared/journal"
  wm_edited=''
  if put_right "$wm_from" "$wm_to" "$wm_owner"; then
    say "${wm_owner% *}: its edits, whose merge was cut short, are in the project now"
  elif wm_new='' wm_edited=$(name_files "$wm_conflicts") && put_right "$wm_to" "$wm_from" .; then
    say "${wm_owner% *}: its edits, whose merge was cut short, are out of the project again, because $wm_edited was edited"
  else
    say "${wm_owner% *}: a part of its edits is in the project: their merge was cut short, and $wm_edited was edited"
  fi
  rm -f "$wm_shared/journal"
}

# put_right FROM TO AGENT
put_right() {
  wm_looked=0
  while [ "$wm_looked" -lt 20 ]; do
    wm_looked=$((wm_looked + 1))
    snapshot || { unlock_edits && fail "a merge that was cut short is to be completed first: $wm_why"; }
    merge_paths "$1" "$wm_now" "$2" || return 1
    note_journal "$3" "$wm_now" "$wm_merged"
    apply_tree "$wm_now" "$wm_merged"
    case $? in
      0) return ;;
      1) return 1 ;;
      2) ;;
      *) unlock_edits && fail "a merge that was cut short is to be completed first: $wm_why" ;;
    esac
  done
  unlock_edits
  fail "a merge that was cut short is to be completed first: $wm_why"
}

# --- commits ------------------------------------------------------------------

# prepare_commit BASE RESULT: if the plan asks for it, sets $wm_new to a commit of these edits on top of $wm_head, that of
# the current branch.  Edits of uncommitted changes cannot be committed; they stay changes of the working tree.
prepare_commit() {
  wm_new=''
  if [ -z "$wm_commit" ] || [ "$1" = "$2" ]; then return; fi
  wm_head=$(git_objects rev-parse -q --verify 'HEAD^{commit}') && git_objects symbolic-ref -q HEAD >/dev/null || return 0
  wm_project=$wm_merged
  if merge_trees "$1" "$(git_objects rev-parse "$wm_head^{tree}")" "$2"; then
    wm_new=$(write_commit "$wm_merged") || wm_new=''
  else
    say "$wm_agent: its edits are not committed, because they change what is not committed: $(name_files "$wm_conflicts")"
  fi
  wm_merged=$wm_project
}

# write_commit TREE: does nothing if the tree is that of the branch.
write_commit() {
  if [ "$1" = "$(git_objects rev-parse "$wm_head^{tree}")" ]; then return; fi
  wm_name=$(git_user var GIT_AUTHOR_IDENT) || return
  wm_name=${wm_author:-${wm_name%% [0-9]*}}
  costs_of "$wm_bill" "$wm_tries"
  wm_line=$wm_costs
  [ -n "$wm_line" ] || read_status "$wm_me/status.json"
  case $wm_line in
    *'"cost":'*)
      wm_line=${wm_line#*'"cost":'}
      wm_line="Wavemake-Cost: ${wm_line%%[!0-9.eE+-]*}$wm_nl" ;;
    *) wm_line='' ;;
  esac
  {
    printf '%s: ' "$wm_agent"
    LC_ALL=C sed -n '/^# Your task$/,$p' "$wm_me/task.md" | LC_ALL=C sed -n '3{p;q;}' | LC_ALL=C cut -c 1-60
    printf '\nWavemake-Agent: %s\n%s' "$wm_agent" "$wm_line"
  } | (
    # Not before the function: not every shell exports it to the commands in the function.
    wm_mail=${wm_name#*'<'}
    GIT_AUTHOR_NAME=${wm_name%' <'*} GIT_AUTHOR_EMAIL=${wm_mail%'>'*} GIT_OBJECT_DIRECTORY=$wm_shared/objects
    export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_OBJECT_DIRECTORY
    git_user commit-tree "$1" -p "$wm_head" -F -
  )
}

# git_user WORD...: runs git on the repository itself, as the person who runs make.
git_user() { GIT_DIR=$wm_repo GIT_WORK_TREE=$wm_top LC_ALL=C git -c core.hooksPath=/dev/null -c gc.auto=0 "$@"; }

# finish_commit: moves the branch to $wm_new, and the index from the old commit to the new one; what is staged stays staged.
finish_commit() {
  [ -n "$wm_new" ] || return 0
  if [ "$(git_objects rev-parse HEAD)" = "$wm_head" ]; then
    give_objects "$wm_new" "$wm_head" && git_user update-ref -m "wavemake: $wm_agent" HEAD "$wm_new" "$wm_head"
  fi
  if [ "$(git_objects rev-parse HEAD)" != "$wm_new" ]; then
    say "$wm_agent: its edits are in the project, but not committed: the branch has moved"
    return
  fi
  wm_project=$wm_merged
  wm_looked=0
  until move_index || [ "$wm_looked" -ge 20 ]; do
    wm_looked=$((wm_looked + 1))
    nap
  done
  [ "$wm_looked" -lt 20 ] || say "$wm_agent: its edits are committed, but git's index is in use: git reset, when it is not"
  wm_merged=$wm_project
}

# give_objects NEW OLD: gives the repository the objects that are in NEW and not in OLD.
give_objects() {
  printf '%s\n^%s\n' "$1" "$2" | git_objects pack-objects -q --revs --stdout 2>/dev/null | git_user unpack-objects -q
}

# move_index: returns 1 if the index is in use, or has changed meanwhile.
move_index() {
  cp "$wm_repo/index" "$wm_shared/index.user" || return 1
  wm_staged=$(git_in "$wm_top" "$wm_shared/index.user" write-tree 2>/dev/null) || return 0
  merge_trees "$(git_objects rev-parse "$wm_head^{tree}")" "$wm_staged" "$(git_objects rev-parse "$wm_new^{tree}")" || {
    say "$wm_agent: what you have staged stays as it is, without its edits: $(name_files "$wm_conflicts")"
    return 0
  }
  if [ "$wm_staged" = "$wm_merged" ]; then return; fi
  give_objects "$wm_merged" "$wm_new" &&
    (
      GIT_ALTERNATE_OBJECT_DIRECTORIES=$wm_shared/objects
      export GIT_ALTERNATE_OBJECT_DIRECTORIES
      git_user read-tree -i -m "$wm_staged" "$wm_merged" 2>/dev/null
    )
}

# merge_paths BASE OURS THEIRS: as merge_trees, but path by path: a file that is already gone and one that is not there
# yet are not a rename.
merge_paths() {
  wm_conflicts='' wm_half=$wm_shared/half.index
  rm -f "$wm_half"
  wm_why=$(git_in "$wm_top" "$wm_half" read-tree "$2" 2>&1 &&
    git_in "$wm_top" "$wm_half" read-tree -i -m --aggressive "$1" "$2" "$3" 2>&1) || return 1
  if wm_merged=$(git_in "$wm_top" "$wm_half" write-tree 2>/dev/null); then return; fi
  # The remaining files changed on both sides: their content is merged, and all else stays as it is.
  merge_trees "$(tree_of_stage 1)" "$(tree_of_stage 2)" "$(tree_of_stage 3)"
}

tree_of_stage() {
  rm -f "$wm_half.$1"
  git_in "$wm_top" "$wm_half" -c core.quotePath=true ls-files -s |
    LC_ALL=C awk -v stage="$1" '$3 == 0 || $3 == stage { sub(/ [0-3]\t/, "\t"); print }' |
    git_in "$wm_top" "$wm_half.$1" update-index --index-info
  git_in "$wm_top" "$wm_half.$1" write-tree
}

# complete_merge: completes an interrupted merge, of this agent's edits or another's, before anything is read.
complete_merge() {
  find_repository || fail "$wm_why"
  wm_links='' wm_outputs=''
  lock_edits
  recover
  unlock_edits
}

# --- the agent's own edits ------------------------------------------------------

# accept_edits: puts the edits from the workspace into the project, unless they have to be approved first, and sets
# $wm_edits_of to their record in the key.
accept_edits() {
  count_edits "$wm_base_tree" "$wm_result"
  IFS=$wm_nl
  wm_found=$($wm_digest "$wm_try/changes.patch") || fail "cannot read its edits"
  IFS=$wm_blanks
  wm_edits_of="base $wm_base_tree${wm_nl}result $wm_result${wm_nl}patch ${wm_found%% *}$wm_nl"
  if [ "$wm_outcome" = waiting ]; then
    probe_edits
    wm_note=$wm_probe$wm_note
  fi
  case $wm_outcome in "done" | reused) ;; *) return ;; esac
  if [ -e "$wm_me/undone" ]; then
    say "$wm_agent: its edits stay out of the project, until $(how_to redo)"
    wm_edits_of=${wm_edits_of}merged$wm_nl
    return
  fi
  if [ ! -f "$wm_work/merged" ]; then
    merge_edits "$wm_base_tree" "$wm_result" || conflict
    wm_found=$(find_waiting "$wm_now" "$wm_merged")
    [ -z "$wm_found" ] || say "$wm_agent: its edits conflict with those that wait for approval, of $wm_found"
  fi
  wm_edits_of=${wm_edits_of}merged$wm_nl
  remove_tree "$wm_work/tree"
  remember_own_files
  wm_paid_for="${wm_key}output $wm_answer$wm_nl"
}

# probe_edits: sets $wm_probe to a description of what the waiting edits conflict with: the project as it is, or waiting
# edits of other agents.
probe_edits() {
  wm_probe=''
  find_repository && has_trees || return 0
  lock_edits
  recover
  snapshot || { unlock_edits && return; }
  unlock_edits
  if ! merge_trees "$wm_base_tree" "$wm_now" "$wm_result"; then
    find_rivals
    wm_probe="its edits conflict with $wm_rivals in $(name_files "$wm_conflicts"); "
    return
  fi
  wm_found=$(find_waiting "$wm_now" "$wm_merged")
  [ -z "$wm_found" ] || wm_probe="its edits conflict with those of $wm_found; "
}

# find_waiting BEFORE AFTER: prints the agents whose edits wait and conflict with the second state of the project, but not
# with the first, each with the files.  It runs in a shell of its own.
find_waiting() {
  fail() { exit 1; }
  wm_looked=0
  for wm_file in "$wm_dir"/*/.waiting; do
    wm_me=${wm_file%/*}
    if [ ! -s "$wm_me/changes.patch" ] || [ ! -s "$wm_me/key" ] || [ -e "$wm_me/undone" ] ||
      [ "${wm_me##*/}" = "$wm_agent" ]; then continue; fi
    inputs_of "$wm_me/key"
    read_edits
    if [ -z "$wm_result" ] || [ -n "$wm_is_merged" ] || ! has_trees || merge_trees "$wm_base_tree" "$2" "$wm_result"; then
      continue
    fi
    wm_found=$(name_files "$wm_conflicts")
    merge_trees "$wm_base_tree" "$1" "$wm_result" || continue
    [ "$wm_looked" = 0 ] || printf ', '
    wm_looked=1
    printf '%s in %s' "${wm_me##*/}" "$wm_found"
  done
}

# conflict: keeps the answer and the workspace: the next make merges again, at no charge.
conflict() {
  wm_kept=1
  find_rivals
  wm_found=$wm_try/changes.patch
  [ -f "$wm_found" ] || wm_found=$wm_me/changes.patch
  not_run conflict "its edits conflict with $wm_rivals in $(name_files "$wm_conflicts") (they are kept in $wm_found; $(how_to_force) runs it again on the project as it is)"
}

# resolve_conflict: if its edits conflict with the project, sets $wm_reason and makes a workspace of both, with conflict
# markers, in which it is to run again.  That is another try; there may be as many as after a failed check.
resolve_conflict() {
  if [ "$wm_resolutions" -ge 1 ] && [ "$wm_resolutions" -ge "$wm_check_retries" ]; then return; fi
  lock_edits
  recover
  snapshot || { unlock_edits && return; }
  if merge_trees "$wm_base_tree" "$wm_now" "$wm_result"; then
    unlock_edits
    return
  fi
  wm_resolutions=$((wm_resolutions + 1)) wm_resolving=1
  find_rivals
  wm_reason="its edits conflict with $wm_rivals in $(name_files "$wm_conflicts")"
  wm_feedback="
# Your edits conflict with others

While you worked, $([ "$wm_rivals" = yours ] && echo somebody || echo "$wm_rivals") changed lines that you changed as well, in:

$wm_conflicts

Your edits and theirs have been merged in your workspace, with git's conflict markers where they
conflict. Resolve each conflict so that both purposes are served, remove all markers, and answer again, in full.
"
  wm_copied=$wm_conflicts
  begin_with "$wm_now" "$wm_merged"
  printf '%s\n' "$wm_copied" >"$wm_work/conflicts"
}

# read_edits: sets $wm_base_tree, $wm_result, $wm_patch and $wm_is_merged from the key's record of the agent's edits.
read_edits() {
  wm_base_tree='' wm_result='' wm_patch='' wm_is_merged=''
  while read -r wm_word wm_value; do
    case $wm_word in
      base) wm_base_tree=$wm_value ;;
      result) wm_result=$wm_value ;;
      patch) wm_patch=$wm_value ;;
      merged) wm_is_merged=1 ;;
    esac
  done <<END
$wm_edits_of
END
}

# restore_edits: the answer is unchanged: makes sure that its edits are in the project, unless a person has taken them
# out.  Returns 1 if they are gone and conflict with it.
restore_edits() {
  read_edits
  if [ -z "$wm_result" ]; then return 0; fi
  if [ -e "$wm_me/undone" ]; then
    say "$wm_agent: its edits stay out of the project, until $(how_to redo)"
    return 0
  fi
  find_repository || fail "$wm_why"
  if [ -n "$wm_is_merged" ]; then
    replay
    return
  fi
  merge_edits "$wm_base_tree" "$wm_result" || conflict
  { printf '%soutput %s\n%s' "$wm_key" "$wm_paid" "$wm_checked$wm_record${wm_edits_of}merged$wm_nl" >"$wm_me/.key" &&
    mv -f "$wm_me/.key" "$wm_me/key"; } || fail "cannot write in $wm_me: is the disk full?"
}

# replay: applies edits again that are gone from the project, for example after a checkout, at no charge.
replay() {
  enter_ending
  lock_edits
  recover
  snapshot || { unlock_edits && return; }
  if ! are_gone; then
    unlock_edits
    return
  fi
  wm_verb=again
  if move_edits "$wm_base_tree" "$wm_result"; then
    say "$wm_agent: its edits were gone from the project, and are in it again"
    return
  fi
  unlock_edits
  say "$wm_agent: its edits are gone from the project, and conflict with it in $(name_files "$wm_conflicts"): it runs again"
  wm_verb=''
  trap_signals
  return 1
}

# has_trees: are the trees before and after the edits here?  A clone has only the patch.
has_trees() { git_objects cat-file -e "$wm_base_tree" 2>/dev/null && git_objects cat-file -e "$wm_result" 2>/dev/null; }

# are_gone: is a file of the edits in $wm_now as it was before them, or are all of them missing?
are_gone() {
  if [ "$wm_base_tree" = "$wm_result" ]; then return 1; fi
  if ! has_trees; then
    are_gone_by_patch
    return
  fi
  wm_found=$({
    git_objects diff-tree -r --no-renames --name-only "$wm_base_tree" "$wm_now"
    echo
    git_objects diff-tree -r --no-renames --name-only "$wm_base_tree" "$wm_result"
  } | LC_ALL=C awk 'own && !($0 in differs) { print; exit } $0 == "" { own = 1 } !own { differs[$0] }')
  if [ -n "$wm_found" ]; then return 0; fi
  merge_trees "$wm_result" "$wm_now" "$wm_base_tree" && [ "$wm_merged" = "$wm_now" ]
}

are_gone_by_patch() { ! patch_project -R && patch_project; }

# patch_project [-R]: sets $wm_merged to the project with the patch of the edits, or without it.  Returns 1, with files in
# $wm_conflicts, if it does not apply.
patch_project() { apply_patch "$wm_me/changes.patch" "$@"; }

# apply_patch FILE [-R]
apply_patch() {
  case $1 in /*) wm_diff=$1 ;; *) wm_diff=$PWD/$1 ;; esac
  shift
  cp "$wm_shared/index" "$wm_shared/patch.index" || return 1
  if wm_said=$(git_in "$wm_top" "$wm_shared/patch.index" apply --cached "$@" "$wm_diff" 2>&1); then
    wm_merged=$(git_in "$wm_top" "$wm_shared/patch.index" write-tree 2>/dev/null)
    return
  fi
  wm_conflicts=$(printf '%s\n' "$wm_said" | LC_ALL=C sed -n '/^error: patch failed: /d;s/^error: \(.*\): .*$/\1/p')
  return 1
}

# move_edits FROM TO: as merge_edits; in a clone, which has only a patch, with that.
move_edits() {
  if has_trees; then
    merge_edits "$1" "$2"
    return
  fi
  lock_edits
  recover
  snapshot || { unlock_edits && fail "nothing was changed: $wm_why"; }
  if [ "$1" = "$wm_base_tree" ]; then set --; else set -- -R; fi
  patch_project "$@" || { unlock_edits && return 1; }
  note_journal "$wm_agent${wm_verb:+ $wm_verb}" "$wm_now" "$wm_merged"
  apply_tree "$wm_now" "$wm_merged"
  case $? in
    0) note_merge ;;
    1) unlock_edits && return 1 ;;
    *) unlock_edits && fail "nothing was changed: $wm_why" ;;
  esac
  unlock_edits
}

# --- what a person asks for -----------------------------------------------------

# find_edits: finds the edits that undo and redo move.
find_edits() {
  read_head
  [ -n "$wm_workspace" ] || decline "it works in the project itself: its edits are not known apart from others"
  [ -s "$wm_me/key" ] || decline "it has made no edits yet"
  inputs_of "$wm_me/key"
  read_edits
  [ -n "$wm_result" ] || decline "it has made no edits yet"
  find_repository || decline "$wm_why"
  has_trees || [ -s "$wm_me/changes.patch" ] || decline "its changes.patch is gone"
  wm_verb=$wm_mode
}

undo_edits() {
  find_edits
  [ "$wm_base_tree" != "$wm_result" ] || decline "it has changed nothing: there is nothing to take out"
  [ -n "$wm_is_merged" ] || decline "its edits are not in the project"
  [ ! -e "$wm_me/undone" ] || decline "its edits are out of the project already"
  enter_ending
  move_edits "$wm_result" "$wm_base_tree" ||
    decline "its edits cannot be taken out, because later ones build on them in $(name_files "$wm_conflicts"); nothing was changed"
  printf 'wavemake: %s: its edits are out of the project, until %s\n' "$wm_agent" "${WAVEMAKE_REDO:-$(how_to redo)}"
  leave 0
}

redo_edits() {
  find_edits
  [ -e "$wm_me/undone" ] || decline "its edits have not been taken out of the project"
  enter_ending
  move_edits "$wm_base_tree" "$wm_result" ||
    decline "its edits conflict with the project in $(name_files "$wm_conflicts"); nothing was changed"
  printf 'wavemake: %s: its edits are in the project again\n' "$wm_agent"
  leave 0
}

# look_edits: prints the agents whose edits are gone from the project, if the project has changed since the last call.
look_edits() {
  wm_links='' wm_outputs='' wm_agent=edits
  find_repository || exit 0
  if [ "$wm_wave" = preview ]; then preview_edits; fi
  # A dry run completes no merge.
  if [ "$wm_wave" = dry ] && [ -e "$wm_shared/journal" ]; then exit 0; fi
  lock_edits
  recover >&2
  if snapshot && ! { [ -s "$wm_shared/seen" ] && read -r wm_line <"$wm_shared/seen" && [ "$wm_line" = "$wm_now" ]; }; then
    find_gone name_gone
    [ "$wm_wave" = dry ] || printf '%s\n' "$wm_now" >"$wm_shared/seen"
  fi
  unlock_edits
  exit 0
}

# find_gone WORD: runs that command for each agent whose edits are gone from $wm_now.
find_gone() {
  for wm_file in "$wm_dir"/*/changes.patch; do
    wm_me=${wm_file%/*}
    if [ ! -s "$wm_file" ] || [ -e "$wm_me/undone" ] || [ ! -s "$wm_me/output.md" ] || [ ! -s "$wm_me/key" ]; then continue; fi
    inputs_of "$wm_me/key"
    read_edits
    if [ -n "$wm_is_merged" ] && are_gone; then "$1"; fi
  done
}

name_gone() { printf '%s\n' "${wm_me##*/}"; }

# preview_edits: prints which of those apply, and which conflict; or, of an entry of the store, whether its edits would be
# taken (preview_stored).  Writes only in $WAVEMAKE_SCRATCH.
preview_edits() {
  if [ -e "$wm_shared/journal" ]; then exit 0; fi
  set -- "$wm_git_common/objects"
  [ ! -d "$wm_shared/objects" ] || set -- "$@" "$wm_shared/objects"
  {
    mkdir -p "$WAVEMAKE_SCRATCH/objects/info" && printf '%s\n' "$@" >"$WAVEMAKE_SCRATCH/objects/info/alternates"
  } || exit 0
  [ ! -s "$wm_shared/index.theirs" ] || cp "$wm_shared/index" "$wm_shared/index.theirs" "$WAVEMAKE_SCRATCH/"
  wm_shared=$WAVEMAKE_SCRATCH
  [ -z "${WAVEMAKE_STORED:-}" ] || preview_stored
  ! snapshot || find_gone try_gone
  exit 0
}

try_gone() {
  wm_word=applies
  if ! has_trees; then patch_project || wm_word=conflicts
  elif merge_trees "$wm_base_tree" "$wm_now" "$wm_result"; then wm_now=$wm_merged
  else wm_word=conflicts; fi
  printf '%s %s\n' "${wm_me##*/}" "$wm_word"
}
