# The awk programs that the shell calls, each by its name:
#
#   LC_ALL=C awk -v program=NAME|audit|carry|chain|cut|edits|files|plain|question|quote|summary|texts|transient|valid -f lib.awk ...
#
# awk has one namespace: a function of one program here must not be a variable of another.

# states.awk reads most lines, and comes first: its `next` keeps them from the rules of the others.
@include "states.awk"
@include "json.awk"
@include "text.awk"
@include "show.awk"
@include "quote.awk"
@include "valid.awk"
@include "files.awk"
@include "condition.awk"
@include "cut.awk"
@include "budget.awk"
@include "mask.awk"
@include "transient.awk"
@include "limit.awk"
@include "telling.awk"
@include "unseen.awk"
@include "question.awk"
@include "summary.awk"
@include "audit.awk"
@include "glance.awk"
