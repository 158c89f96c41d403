# The trace of a run.

. "$wm_here/trace.sh"

# begin_trace: of a run.  Its agents are children of $wm_span.
begin_trace() {
  read_context
  random_digits
  wm_span=${wm_digits#????????????????}
  if [ -z "$wm_trace" ]; then random_digits && wm_trace=$wm_digits; fi
  export TRACEPARENT="00-$wm_trace-$wm_span-$wm_sampled"
  wm_traced=",\"trace\":\"$wm_trace\",\"span\":\"$wm_span\"${wm_parent:+,\"parent\":\"$wm_parent\"}"
}
