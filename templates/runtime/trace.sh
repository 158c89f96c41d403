# W3C trace context: a run is one trace, or part of the trace in which make was started; each attempt is a span of it.

# This is the value from make: an attempt changes the variable.
wm_context=${TRACEPARENT:-}

# read_context: sets $wm_trace, $wm_parent (a span) and $wm_sampled by $wm_context, or to a trace that has no spans.
read_context() {
  wm_trace='' wm_parent='' wm_sampled=01
  case $wm_context in
    *[!0123456789abcdef-]* | ff-* | ??-00000000000000000000000000000000-* | *-0000000000000000-??) return ;;
    ??-????????????????????????????????-????????????????-??) ;;
    *) return ;;
  esac
  wm_trace=${wm_context#??-}
  wm_parent=${wm_trace#*-}
  wm_trace=${wm_trace%%-*}
  wm_sampled=${wm_parent#*-}
  wm_parent=${wm_parent%%-*}
  # A dash among the digits.
  case $wm_trace$wm_parent$wm_sampled in *-*) wm_trace='' wm_parent='' wm_sampled=01 ;; esac
  [ "${#wm_trace}${#wm_parent}" = 3216 ] || wm_trace='' wm_parent='' wm_sampled=01
}

# random_digits: sets $wm_digits to 32 hexadecimal ones, without a process where there is /proc.
random_digits() {
  wm_digits=''
  { IFS= read -r wm_digits <"$wm_proc/sys/kernel/random/uuid"; } 2>/dev/null
  case $wm_digits in
    ????????-????-????-????-????????????)
      IFS=-
      # shellcheck disable=SC2086 # its parts
      set -- $wm_digits
      IFS=$wm_blanks
      wm_digits=$1$2$3$4$5 ;;
    *)
      now
      # Decimal digits are hexadecimal ones as well.
      wm_digits=00000000000000000000000000000001${wm_epoch%.*}${wm_ticks}${wm_tries:-0}$$
      wm_digits=${wm_digits#"${wm_digits%????????????????????????????????}"} ;;
  esac
}

# trace_attempt: sets $wm_traced to the members for its event.
trace_attempt() {
  read_context
  random_digits
  wm_span=${wm_digits#????????????????}
  [ -n "$wm_trace" ] || name_trace
  export TRACEPARENT="00-$wm_trace-$wm_span-$wm_sampled"
  wm_traced=",\"trace\":\"$wm_trace\",\"span\":\"$wm_span\"${wm_parent:+,\"parent\":\"$wm_parent\"}"
}

# name_trace: in a user's own Makefile, the boot and the pid and start of make name the trace of all its agents.  Sets
# $wm_trace.
name_trace() {
  wm_digits=''
  { IFS= read -r wm_digits <"$wm_proc/sys/kernel/random/boot_id"; } 2>/dev/null
  wm_trace=0000000000000001
  case $wm_digits in
    ????????-????-????-*)
      IFS=-
      # shellcheck disable=SC2086 # its parts
      set -- $wm_digits
      IFS=$wm_blanks
      wm_trace=$1$2$3 ;;
  esac
  wm_digits=${wm_run#*-}
  wm_digits=0000000000000000${wm_digits%%-*}${wm_digits#*-}
  wm_trace=$wm_trace${wm_digits#"${wm_digits%????????????????}"}
}
