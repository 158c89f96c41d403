# Approval by a person.

# approved TEXT: has a person approved this text?
approved() { [ -f "$wm_me/approved" ] && [ "$(cat "$wm_me/approved")" = "${1%"$wm_nl"}" ]; }

# let_wait TEXT: lets this text wait for approval.  If another text was shown before, .shown says so: approve then has
# to name the text.  Sets $wm_sum to the beginning of its checksum.
let_wait() {
  if is_there "$wm_me/.waiting" && [ "$(cat "$wm_me/.waiting")" != "${1%"$wm_nl"}" ]; then printf '' >"$wm_me/.shown"; fi
  printf '%s' "$1" >"$wm_me/.waiting" || return 1
  wm_blanks_now=$IFS
  IFS=$wm_nl
  # shellcheck disable=SC2086 # shasum has words
  wm_sum=$(LC_ALL=C $wm_digest "$wm_me/.waiting")
  IFS=$wm_blanks_now
  wm_sum=${wm_sum%"${wm_sum#????????????}"}
}

# how_to_approve: the command that approves what was just shown.
how_to_approve() {
  case $wm_approve in before) printf 'its prompt' ;; *) printf 'its answer' ;; esac
  printf ' is not approved yet: '
  how_to approve "SUM=$wm_sum"
}

# how_to_force: what a person adds to run this agent again.
how_to_force() {
  if [ -n "$wm_ninja${WAVEMAKE_CLOCK:-}" ]; then printf 'FORCE=1'; else printf 'WAVEMAKE_FORCE=%s' "$wm_agent"; fi
}

await_approval() {
  if approved "${wm_key}output $wm_paid$wm_nl"; then return; fi
  let_wait "${wm_key}output $wm_paid$wm_nl" || fail "cannot write in $wm_me: is the disk full?"
  wm_probe=''
  if [ -n "$wm_workspace" ]; then read_edits && probe_edits; fi
  stay waiting "$wm_probe$(how_to_approve)"
}

ask_approval() {
  if approved "$wm_paid_for"; then return; fi
  let_wait "$wm_paid_for" || fail "cannot write in $wm_me: is the disk full?"
  wm_outcome=waiting wm_why=$(how_to_approve)
}
