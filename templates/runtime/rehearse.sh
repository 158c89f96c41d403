#!/bin/sh
# The offline agent: reads a prompt on standard input, calls no model, and reports its task and its inputs.  The same
# prompt gives the same report; the content of inputs is not repeated.
#
#   sh rehearse.sh [--rehearsed=ANSWER]     ANSWER is what the plan needs: a list, or a word that ends a loop
for wm_word; do
  case $wm_word in
    --rehearsed=*)
      cat >/dev/null
      printf '%s\n' "${wm_word#--rehearsed=}"
      exit ;;
  esac
done
# shellcheck disable=SC2016 # awk's own $
exec env LC_ALL=C awk '
  !inside && /^===== input .* [0-9a-f]+ =====$/ {
    inside = 1
    sum = $(NF - 1)
    name = substr($0, 13, length($0) - 13 - length(sum) - 6)
    size = -1
    next
  }
  inside && $0 == "===== end " sum " =====" {
    inside = 0
    reads[++n] = "- " name ": " (size < 0 ? 0 : size) " bytes, sha256 " substr(sum, 1, 12)
    next
  }
  inside { size += length($0) + 1; next }
  { asked += length($0) + 1; if (in_task && $0 != "" && title == "") title = $0 }
  $0 == "# Your task" { in_task = 1 }
  END {
    print "# Rehearsal"
    print ""
    print "No model was called. This is what an agent would have been asked:"
    print ""
    print "> " substr(title, 1, 200)
    print ""
    print "The task and its frame: " asked + 0 " bytes. Given to read: " n + 0 "."
    for (i = 1; i <= n; i++) print reads[i]
  }'
