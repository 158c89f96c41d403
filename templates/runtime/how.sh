# how_to VERB [SETTING]: the command by which a person does that with this agent; SETTING is like SUM=1.  WAVEMAKE_BY is
# what a person has typed to come here, up to the verb.
how_to() {
  if [ -n "${WAVEMAKE_BY:-}" ]; then
    printf '%s%s-%s%s' "$WAVEMAKE_BY" "$1" "$wm_agent" "${2:+ $2}"
  elif [ -n "${wm_ninja:-}" ]; then
    printf 'sh %s/runtime/ninja.sh %s-%s%s' "$wm_dir" "$1" "$wm_agent" "${2:+ $2}"
  elif [ -n "${WAVEMAKE_CLOCK:-}" ]; then
    printf 'make %s-%s%s' "$1" "$wm_agent" "${2:+ $2}"
  else
    printf '%ssh %s/runtime/drive.sh %s-%s %s' "${2:+$2 }" "$wm_dir" "$1" "$wm_agent" "$wm_dir"
  fi
}
