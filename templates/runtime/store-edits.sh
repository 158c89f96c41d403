# Edits in the store.  The entry of an agent that has a workspace has one record, `patch BASE RESULT PREFIX SUM`: the trees
# between which its edits lie, the project's path in its repository, which the paths of the patch begin with, and the
# checksum of its changes.patch, or a dash if it made none.  Where git lacks the trees, as in a clone, the patch alone is
# applied.
# shellcheck shell=sh disable=SC2154,SC2034 # it is sourced by agent.sh

# put_edits: keeps the patch, and sets $wm_recorded.  Returns 1 if the store may not have it: a secret cannot be masked in
# it, because it would be another patch then.
put_edits() {
  read_edits
  wm_sum=-
  if [ -s "$wm_me/changes.patch" ]; then
    if holds_secret "$wm_me/changes.patch"; then return 1; fi
    wm_sum=$wm_patch
    store_blob "$wm_me/changes.patch" "$wm_sum" || return 1
  fi
  wm_recorded="patch $wm_base_tree $wm_result ${wm_prefix%/} $wm_sum"
}

# holds_secret FILE: does mask find one in it?  If awk cannot tell, it does.
holds_secret() {
  if [ -z "$wm_needed" ] && [ -f "$wm_private/unmasked" ]; then return 1; fi
  wm_masked=$(run_mask -v mask_find=1 -- "$1") || return 0
  [ -n "$wm_masked" ]
}

# bring_edits: fetches the patch of the entry, and sets $wm_base_tree and $wm_result to trees that git has and between
# which the edits lie.  Returns 1, with nothing changed, if they are not there or conflict with the project.
bring_edits() {
  read_records
  case $wm_recorded in 'patch '*' '*' '*' '*) ;; *) return 1 ;; esac
  wm_value=${wm_recorded#* }
  wm_base_tree=${wm_value%% *} wm_value=${wm_value#* }
  wm_result=${wm_value%% *} wm_value=${wm_value#* }
  if ! is_tree_name "$wm_base_tree" || ! is_tree_name "$wm_result"; then return 1; fi
  set -- "${wm_value% *}" "${wm_value##* }" "$wm_rest"
  # Without a repository, or in the middle of a rebase, the agent says why it cannot run.
  find_repository || return 1
  wm_rest=$3
  # Of another folder of the repository that has the same plan.
  if [ "$1" != "${wm_prefix%/}" ]; then return 1; fi
  printf '' >"$wm_try/changes.patch" || fail "cannot write in $wm_me: is the disk full?"
  [ "$2" = - ] || fetch_blob "$2" "$wm_try/changes.patch" || return 1
  lock_edits
  recover
  snapshot || { unlock_edits && return 1; }
  fit_edits || { unlock_edits && return 1; }
  case $wm_nl$wm_checks in *"${wm_nl}check sh "* | *"${wm_nl}check ask "*) show_edits ;; esac
  unlock_edits
}

is_tree_name() {
  case $1 in *[!0-9a-f]*) return 1 ;; esac
  [ "${#1}" = 40 ] || [ "${#1}" = 64 ]
}

# fit_edits: sets $wm_merged to the project with the edits, and $wm_recommit if it lacks them and git has their trees:
# then they become a commit again, as in a replay.
fit_edits() {
  wm_recommit='' wm_conflicts=''
  if [ ! -s "$wm_try/changes.patch" ]; then
    wm_base_tree=$wm_now wm_result=$wm_now wm_merged=$wm_now
  elif is_patch_of_trees; then
    merge_trees "$wm_base_tree" "$wm_now" "$wm_result" || { refuse_edits && return 1; }
    [ "$wm_merged" = "$wm_now" ] || wm_recommit=1
  elif apply_patch "$wm_try/changes.patch" -R; then
    wm_base_tree=$wm_merged wm_result=$wm_now wm_merged=$wm_now
  else
    apply_patch "$wm_try/changes.patch" || { refuse_edits && return 1; }
    wm_base_tree=$wm_now wm_result=$wm_merged
  fi
  are_allowed || return 1
  find_in_the_way "$wm_now" "$wm_merged"
  [ -z "$wm_conflicts" ] || { refuse_edits && return 1; }
}

# preview_stored: prints `fits PREFIX` if the edits of the entry WAVEMAKE_STORED, a record `patch ...` whose patch is in
# SCRATCH/try, would be taken, after those for which it was called before.  SCRATCH/files has the files that they change
# then, and SCRATCH/removed names those that they remove.
preview_stored() {
  fail() { exit 0; }
  refuse_edits() { :; }
  refuse_entry() { :; }
  wm_try=$wm_shared/try wm_value=${WAVEMAKE_STORED#* }
  wm_base_tree=${wm_value%% *} wm_value=${wm_value#* }
  wm_result=${wm_value%% *} wm_value=${wm_value#* }
  if ! is_tree_name "$wm_base_tree" || ! is_tree_name "$wm_result" || [ "${wm_value% *}" != "${wm_prefix%/}" ]; then exit 0; fi
  set -- "$wm_base_tree" "$wm_result"
  open_task && snapshot || exit 0
  wm_first=$wm_now
  if [ -s "$wm_shared/taken" ] && read -r wm_from wm_to <"$wm_shared/taken"; then
    merge_trees "$wm_from" "$wm_now" "$wm_to" || exit 0
    wm_now=$wm_merged
    git_in "$wm_top" "$wm_shared/index" read-tree "$wm_now" || exit 0
  fi
  wm_base_tree=$1 wm_result=$2
  fit_edits || exit 0
  rm -rf "$wm_shared/files"
  changed_paths D "$wm_now" "$wm_merged" >"$wm_shared/removed"
  git_in "$wm_top" "$wm_shared/stage.index" -c core.sparseCheckout=false read-tree "$wm_merged" &&
    changed_paths AMT "$wm_now" "$wm_merged" |
    git_in "$wm_top" "$wm_shared/stage.index" checkout-index -q -f -z --stdin --prefix="$wm_shared/files/"
  printf '%s %s\n' "$wm_first" "$wm_merged" >"$wm_shared/taken"
  printf 'fits %s\n' "$wm_prefix"
  exit 0
}

# is_patch_of_trees: does git have the trees, and is the patch what lies between them?  Somebody else's entry may say so of
# any two.
is_patch_of_trees() {
  for wm_name in "$wm_base_tree" "$wm_result"; do
    [ "$(git_objects cat-file -t "$wm_name" 2>/dev/null)" = tree ] || return 1
  done
  write_patch "$wm_base_tree" "$wm_result" "$wm_try/between.patch" && cmp -s "$wm_try/between.patch" "$wm_try/changes.patch"
}

# are_allowed: an agent's own edits change nothing in the agents' folder, and make no repository.
are_allowed() {
  wm_said=$(git_objects diff-tree -r --no-renames --name-only "$wm_base_tree" "$wm_result" -- ":(top,literal)$wm_prefix$wm_dir" &&
    git_objects diff-tree -r --no-renames "$wm_base_tree" "$wm_result" | LC_ALL=C sed -n '/^:[0-9]* 160000 /p') || return 1
  [ -n "$wm_said" ] || return 0
  place ac "$wm_ac"
  refuse_entry "its edits change files that no agent may change" "$wm_place"
  return 1
}

refuse_edits() {
  if [ -n "$wm_conflicts" ]; then
    say "$wm_agent: the store has its answer, but its edits conflict with the project in $(name_files "$wm_conflicts"): it runs"
  else
    say "$wm_agent: the store has its answer, but its edits cannot be applied: it runs"
  fi
}

# show_edits: checks the project out as it is to be, for its checks.  Gives the lock back.
show_edits() {
  wm_tree=$wm_work/tree
  set -- "$wm_base_tree"
  begin_with "$wm_now" "$wm_merged"
  wm_base_tree=$1
  set_up
}

# use_edits: from here on they are merged as in a replay.
use_edits() {
  [ -z "$wm_files" ] || look_before
  leave_workspace
  wm_verb=again
  [ -n "$wm_recommit" ] || wm_commit=''
}
