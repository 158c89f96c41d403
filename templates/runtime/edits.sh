# The code for agents that edit in a workspace, and for completing, undoing and examining such edits.

. "$wm_here/repository.sh"
. "$wm_here/workspace.sh"
. "$wm_here/merge.sh"
. "$wm_here/store-edits.sh"
