# If an agent runs make on its own plan, that make would wait for the very agent that waits for it.

# refuse_inside: is this within an agent of this plan, or within what such an agent runs?
refuse_inside() {
  IFS='
'
  # shellcheck disable=SC3013,SC2048,SC2086 # all the shells have it, and POSIX since 2024
  for wm_name in ${WAVEMAKE_INSIDE:-}; do
    if [ "$wm_name" -ef "$wm_dir" ]; then
      printf 'wavemake: this runs within an agent of %s, and would wait for itself: refused\n' "$wm_dir" >&2
      exit 2
    fi
  done
  unset IFS
}
