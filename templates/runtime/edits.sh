# What an agent that edits in a workspace of its own needs, and who completes, undoes or looks at such edits.

. "$wm_here/repository.sh"
. "$wm_here/workspace.sh"
. "$wm_here/merge.sh"
. "$wm_here/store-edits.sh"
