# What becomes of an earlier answer that is not simply kept, and of what a kill has cut short.

# forget: makes sure that the same input runs again, even if this attempt never ends.
forget() {
  if [ -f "$wm_me/key" ]; then
    inputs_of "$wm_me/key"
    # The record of the files that it wrote stays true.
    wm_made=$(printf '%s' "$wm_record" | LC_ALL=C sed '/^edit /!d')
    printf 'output %s\n%s' "$wm_paid" "${wm_made:+$wm_made$wm_nl}$wm_edits_of" >"$wm_me/key" || fail "cannot write in $wm_me"
  fi
  backdate
}

keep_pinned() {
  enter_ending
  touch "$wm_me/output.md" || fail "cannot set the time of its output"
  settle_status pinned "pinned by hand"
  leave 0
}

# take_known_edits: edits of its inputs by downstream agents do not make it stale: its key is the recorded one, and
# $wm_present is that of its inputs as they are now.
take_known_edits() {
  { printf '%s' "$wm_inputs" && printf '==\n' && printf '%s' "$wm_key"; } | LC_ALL=C awk '
    $0 == "==" { second = 1; next }
    !second { then_[++n] = $0; next }
    {
      if ($0 == then_[++m]) next
      path = $0
      old = then_[m]
      if (!sub(/ [^ ]*$/, "", path) || !sub(/ [^ ]*$/, "", old) || path != old || path !~ /^read \.\//) { bad = 1; exit }
      word = split(then_[m], part, " ")
      print substr(path, 8), part[word], $NF
    }
    END { if (bad || m != n) print "? - +" }' >"$wm_me/.pairs"
  if LC_ALL=C awk -v program=chain -v dir="$wm_dir" -v agent="$wm_agent" -f "$wm_here/lib.awk" \
    "$wm_dir/manifest.json" "$wm_me/.pairs"; then
    wm_present=$wm_key wm_key=$wm_inputs
  fi
  rm -f "$wm_me/.pairs"
}

# take_present_inputs: there is no answer to the recorded key: a new one is made from its inputs as they are now.
take_present_inputs() {
  wm_key=$wm_present wm_present=''
  store_get
}

# refuse_conflict: fails if an audit has found both sides of a merge in the answer, or in its key.
refuse_conflict() {
  for wm_name in output.md key; do
    LC_ALL=C grep -q '^<\{7\} ' "$wm_me/$wm_name" 2>/dev/null || continue
    fail "$wm_me/$wm_name has the marks of a merge conflict: keep one side of its folder (git checkout --ours or --theirs), or remove it to have it made again"
  done
  rm -f "$wm_me/.conflict"
}

# refuse_edited_plan: the driver compiles an edited plan first; a user's own Makefile does not.
refuse_edited_plan() {
  if [ "${WAVEMAKE_STALE_PLAN:-}" = run ]; then return; fi
  IFS= read -r wm_line <"$wm_dir/.edited"
  not_run blocked "the plan has changed: $wm_line (or WAVEMAKE_STALE_PLAN=run)"
}

# check_again: the output passed other checks than the present ones: checks it again, without a charge.
check_again() {
  [ -d "$wm_try" ] || mkdir "$wm_try" || fail "cannot write in $wm_me: is the disk full?"
  wm_reason=''
  [ -z "$wm_checks" ] || check "$wm_me/output.md"
  [ -z "$wm_reason" ] || fail "$wm_reason (the answer is kept: $(how_to_force) pays for another)"
  { printf '%soutput %s\n%s' "$wm_key" "$wm_paid" "$wm_checks$wm_task_file$wm_record$wm_edits_of" >"$wm_me/.key" && mv -f "$wm_me/.key" "$wm_me/key"; } ||
    fail "cannot write in $wm_me"
}

# finish_acceptance: completes an interrupted move: the key is in place, its output still in .try.
finish_acceptance() {
  if [ -n "$wm_workspace" ] && [ -f "$wm_work/merged" ] && [ -f "$wm_try/inputs" ]; then finish_merged; fi
  if [ ! -f "$wm_try/inputs" ] || [ ! -f "$wm_me/key" ]; then return; fi
  inputs_of "$wm_try/inputs"
  wm_key=$wm_inputs
  inputs_of "$wm_me/key"
  if [ "$wm_inputs" != "$wm_key" ]; then return; fi
  IFS=$wm_nl
  wm_sum=$($wm_digest "$wm_try/output.md")
  IFS=$wm_blanks
  if [ "${wm_sum%% *}" != "$wm_paid" ]; then return; fi
  read_status "$wm_try/status.json"
  move_accepted
}

# finish_merged: the answer passed its checks and its edits are in the project; only its key and status are missing.
finish_merged() {
  read_limits
  await_reads
  make_key
  inputs_of "$wm_try/inputs"
  wm_key=$wm_inputs wm_tries=1 wm_passed=1 wm_rc=$wm_try/rc
  judge
  wm_reason=''
  accept
}
