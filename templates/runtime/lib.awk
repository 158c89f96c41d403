# What the shell asks of awk, a program by its name:
#
#   LC_ALL=C awk -v program=NAME|audit|carry|chain|cut|edits|files|plain|question|quote|summary|texts|transient|valid -f lib.awk ...
#   LC_ALL=C awk -f lib.awk -f envelope-KIND.awk ...
#
# An awk program has one room for names: what one program here calls a function is not a variable of another's.

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
@include "states.awk"
@include "summary.awk"
@include "audit.awk"
