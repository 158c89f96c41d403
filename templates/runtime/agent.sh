#!/bin/sh
# Runs one agent: the recipe of its output.md.
#
#   sh agent.sh ROOT DIR TOTAL WAVE AGENT
#
#   ROOT   the project's folder, relative to where make runs
#   DIR    the folder of all agents, relative to ROOT
#   TOTAL  how many agents the plan has
#
# WAVEMAKE_RESTAT, if set, leaves the time of an output alone whose content stays: ninja's restat then sees that
# nothing has to follow.
#
# Everything about the agent stands in the head of DIR/AGENT/task.md.  Exit
# status: 0 when output.md is good, 1 when the agent failed, 128+N on signal N.
#
# DIR/AGENT/
#   output.md  the answer           key   what it was paid for, and its checksum
#   .lock      "HOST PID SECONDS" of whoever works here, and how long that may take
#   .stamp     its time is the time at which the inputs were read
#   .try/      the attempt under way, thrown away once it is accepted or failed
# shellcheck disable=SC2317 # stop is called by traps alone
set -u
unset CDPATH
cd "$1" || exit 1
dir=$2 total=$3 wave=$4 agent=$5

me=$dir/$agent
try=$me/.try
here=$dir/runtime
run=${WAVEMAKE_RUN:-$PPID}
missing=${WAVEMAKE_MISSING:-}
nl='
'
blanks=$IFS
voice=${WAVEMAKE_VOICE:-1} restat=${WAVEMAKE_RESTAT:-}
job='' job_status='' started='' locked='' kept='' runner='' model='' timeout=1800 cap=1048576 envelope=text

quiet=${WAVEMAKE_QUIET-unset}
if [ "$quiet" = unset ]; then
  flags=${MAKEFLAGS:-}
  case ${flags%% *} in -*) quiet='' ;; *s*) quiet=1 ;; *) quiet='' ;; esac
fi
forced=''
for word in ${WAVEMAKE_FORCE:-}; do
  case $word in all | "$agent" | "wave-$wave") forced=1 ;; esac
done
# The agent may run make itself: it must not inherit this make's flags, jobserver or goals.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES MAKE_TERMOUT MAKE_TERMERR GNUMAKEFLAGS
unset FORCE WAVEMAKE_FORCE WAVEMAKE_MISSING WAVEMAKE_RUN WAVEMAKE_QUIET WAVEMAKE_VOICE WAVEMAKE_RESTAT CLAUDECODE

if command -v sha256sum >/dev/null 2>&1; then
  sha256() { sha256sum "$@"; }
else
  sha256() { shasum -a 256 "$@"; }
fi

# --- ending ---------------------------------------------------------------

# ninja keeps back what a recipe prints until it ends: its driver lends the agents a descriptor of its own.
say() { [ -n "$quiet" ] || printf 'wavemake: %s\n' "$1" >&"$voice"; }

# measure STATE REASON: sets what status and event say of it.
# It starts no process unless the reason has to be quoted: it stands on the path of every agent.
measure() {
  now
  took=0
  [ -z "$started" ] || took=$((ticks - began))
  [ "$took" -ge 0 ] || took=0
  took=$((took / 100)).$((took / 10 % 10))
  read_costs
  quote "$2" && reason_json=$quoted
  quote "$model" && model_json=$quoted
  state=$1
  [ "$1" != reused ] || state="done"
}

# write_status FILE: what was measured last.
write_status() {
  printf '{"schema":1,"agent":"%s","state":"%s","wave":%s,"runner":"%s","model":%s,"run":"%s","started":%s,"ended":%s,"seconds":%s,"reason":%s%s}\n' \
    "$agent" "$state" "$wave" "$runner" "$model_json" "$run" "${started:-$epoch}" "$epoch" "$took" "$reason_json" "$costs" >"$1"
}

# announce STATE REASON: the event and the progress line of what was measured last.
announce() {
  printf '{"t":%s,"run":"%s","event":"end","agent":"%s","wave":%s,"state":"%s","seconds":%s,"reason":%s%s}\n' \
    "$epoch" "$run" "$agent" "$wave" "$1" "$took" "$reason_json" "$costs" >>"$dir/events.jsonl"
  count_end
  report "$1" "$2"
}

# report STATE REASON: a failure is told even to who asked for silence.
report() {
  line="wavemake: [$ended/$total] wave $wave: $agent"
  red='' plain=''
  if [ -t "$voice" ] && [ -z "${NO_COLOR:-}" ]; then red=$(printf '\033[31m') plain=$(printf '\033[0m'); fi
  case $1 in
    done | reused) [ -z "$quiet" ] || return 0 ;;
  esac
  case $1 in
    done) show_duration && line="$line done in $shown" ;;
    reused) line="$line reused: its input is the same" ;;
    failed) line="$line ${red}FAILED$plain: $2 ($me/log.txt)" ;;
    *) line="$line $red$1$plain: $2" ;;
  esac
  printf '%s\n' "$line" >&"$voice"
}

show_duration() {
  whole=${took%.*}
  if [ "$whole" -lt 10 ]; then
    shown=${took}s
  elif [ "$whole" -lt 60 ]; then
    shown=${whole}s
  elif [ "$whole" -lt 3600 ]; then
    shown=$((whole / 60))m$((whole % 60))s
  else
    shown=$((whole / 3600))h$((whole / 60 % 60))m
  fi
}

# A byte for each agent that has ended, all of one make in one file: its length is how far the run is.
count_end() {
  printf . >>"$dir/.ended.$run"
  if [ "$total" -gt 5000 ]; then
    ended=$(($(wc -c <"$dir/.ended.$run")))
  else
    ended=''
    read -r ended <"$dir/.ended.$run"
    ended=${#ended}
  fi
}

# The costs that the envelope named, as JSON; what it did not name stays out.
read_costs() {
  costs=''
  if [ ! -f "$try/verdict" ]; then return; fi
  while read -r word value; do
    case $word in
      cost | tokens_in | tokens_out | turns)
        case $value in '' | *[!0-9.eE+-]*) ;; *) costs="$costs,\"$word\":$value" ;; esac ;;
      session) quote "$value" && costs="$costs,\"session\":$quoted" ;;
    esac
  done <"$try/verdict"
}

# quote TEXT: sets $quoted to it as a JSON string.
quote() {
  case $1 in
    *[\"\\[:cntrl:]]*)
      quoted=$(printf '%s\n' "$1" | LC_ALL=C awk -f "$here/json.awk" -f "$here/quote.awk") ;;
    *) quoted="\"$1\"" ;;
  esac
}

# now: sets $epoch, in seconds, and $ticks, in hundredths.  The driver gives both once for the whole
# run, so that the kernel's count of ticks is all that has to be read here.
now() {
  ticks='' up=''
  if [ -r /proc/uptime ]; then read -r up _ </proc/uptime; fi
  case $up in
    [1-9]*.[0-9][0-9]) ticks=${up%.*}${up#*.} ;;
  esac
  case $ticks,${WAVEMAKE_CLOCK:-} in
    [0-9]*,[0-9]*' '[0-9]*) epoch=$((${WAVEMAKE_CLOCK% *} + (ticks - ${WAVEMAKE_CLOCK#* }) / 100)) ;;
    *) epoch=$(date +%s) && ticks=${ticks:-${epoch}00} ;;
  esac
}

# settle_status STATE REASON: announce it and put status.json in place, outside an acceptance.
settle_status() {
  measure "$1" "$2"
  if ! { write_status "$me/.status.$$" && mv -f "$me/.status.$$" "$me/status.json"; }; then
    # On a full disk the old status makes room for the new.
    rm -f "$me/.status.$$"
    write_status "$me/status.json"
  fi
  announce "$1" "$2"
}

# From here on nothing can be interrupted; where it comes from may have split words its own way.
enter_ending() {
  trap '' HUP INT QUIT TERM
  IFS=$blanks
  set +fC
}

leave() {
  case $locked,$kept in
    ,*) ;;
    1,) rm -rf "${try:?}"/* "$me/.lock" ;;
    *) rm -f "$me/.lock" ;;
  esac
  exit "$1"
}

# A failed agent's last good output stays, but older than all that it reads: make must not call it done.
fail() {
  enter_ending
  if [ -n "$locked" ] && [ -z "$kept" ]; then
    if [ -s "$try/printed" ]; then
      { echo "--- what the agent printed:"; cat "$try/printed"; echo; } >>"$me/log.txt"
    fi
    # Room for the status, if the disk is full.
    rm -f "$try/printed" "$try/prompt.md" "$try/output.md"
  fi
  [ -z "$kept" ] || set -- "$1 (its answer is kept for the next make)"
  if [ -e "$me/output.md" ]; then touch -t 198001020000 "$me/output.md"; fi
  if [ -h "$me/.answer" ]; then rm -f "$me/.answer"; fi
  settle_status failed "$1" >&2
  leave 1
}

# blocked REASON: nothing was started.
blocked() {
  settle_status blocked "$1" >&2
  leave 1
}

# stop STATUS: a signal came.  The end of the timer is what ends the agent, wherever its start has got to.
stop() {
  enter_ending
  [ "$job" != starting ] || job=${!:-}
  if [ -n "$job" ]; then
    n=0 voice=1 # run_agent has a use of its own for the other one
    until read_timer || [ "$n" -ge 50 ]; do n=$((n + 1)); nap; done
    kill "${timer:-$job}" 2>/dev/null
    wait "$job" 2>/dev/null
  fi
  if [ -n "$locked" ]; then
    read_exit
    case $status in '' | expired) ;; *) kept=1 ;; esac
    settle_status interrupted "stopped by a signal"
  fi
  leave "$1"
}

# read_timer: sets $timer to the pid that the timer of run_agent has written.
read_timer() { read -r timer <&3; } 2>/dev/null

nap() { sleep 0.1 2>/dev/null || sleep 1; }

# --- locks ----------------------------------------------------------------

hostname() {
  if [ -n "${host:-}" ]; then return; fi
  if [ -r /proc/sys/kernel/hostname ]; then read -r host </proc/sys/kernel/hostname; else host=$(uname -n); fi
}

# held LOCK: is somebody at work behind it?
held() { [ -e "$1" ] && ! dead "$1"; }

# dead LOCK: is whoever took it gone without giving it back?  An empty lock is one that is being written.  No
# pid of another host can be asked for: its lock counts until the agent's time limit is well past.
dead() {
  read_lock "$1"
  case $where in
    '') [ -e "$1" ] && empty=$((empty + 1)) && [ "$empty" -gt 50 ] ;;
    "$host")
      if alive "$pid" "${1%/*}"; then return 1; fi
      # One that was given back meanwhile may be another's by now.
      gone=$pid
      read_lock "$1"
      [ "$where $pid" = "$host $gone" ] ;;
    *) [ -n "$(find "$1" -mmin "+$((seconds / 60 + 2))" 2>/dev/null)" ] ;;
  esac
}

read_lock() {
  where='' pid='' seconds=''
  { read -r where pid seconds <"$1"; } 2>/dev/null
  case $seconds in '' | *[!0-9]*) seconds=0 ;; esac
}

# alive PID FOLDER: is it still the agent.sh of that agent?  The number of a dead one may be anybody's by now,
# in a restarted container even our own.
alive() {
  [ "$1" != $$ ] || return 1
  case "$(command_of "$1") " in *agent.sh*" ${2##*/} "*) return 0 ;; *) return 1 ;; esac
}

command_of() {
  if [ -d /proc/self ]; then tr '\0' ' ' <"/proc/$1/cmdline"; else ps -o args= -p "$1"; fi 2>/dev/null
}

# take LOCK: noclobber creates it or fails, in one step.
take() {
  created=''
  set -C
  { { created=1 && printf '%s\n' "$host $$ $timeout"; } >"$1"; } 2>/dev/null
  taken=$?
  set +C
  if [ "$taken" = 0 ]; then return; fi
  if [ -n "$created" ]; then rm -f "$1"; fi
  [ -e "$1" ] || refused=$((refused + 1))
  if [ "$refused" -ge 20 ] || [ ! -w "$me" ]; then
    printf 'wavemake: %s: cannot write in %s: is the disk full, or read-only?\n' "$agent" "$me" >&2
    exit 1
  fi
  return 1
}

# Only the holder of .steal may remove a dead holder's lock, so that no live one is removed by mistake.
steal() {
  if take "$me/.steal"; then
    if dead "$me/.lock"; then
      end_orphan
      rm -f "$me/.lock"
    fi
    rm -f "$me/.steal"
  else
    if dead "$me/.steal"; then rm -f "$me/.steal"; fi
    nap
  fi
}

# An agent outlives its agent.sh if that alone was killed.  Its timer is known by a file that it holds open.
end_orphan() {
  if [ ! -s "$try/timer" ]; then return; fi
  read -r timer <"$try/timer"
  # shellcheck disable=SC3013
  if [ "/proc/$timer/fd/7" -ef "$try/rc" ]; then kill "$timer"; fi
}

lock() {
  waited='' empty=0 refused=0
  until take "$me/.lock"; do
    if held "$me/.lock"; then
      if [ -z "$waited" ] && [ -n "$where" ]; then
        say "$agent: waiting for another make (pid $pid on $where)"
        waited=1
      fi
      nap
    elif [ -e "$me/.lock" ]; then
      steal
    fi
  done
  locked=1
}

# --- what the agent is paid for -------------------------------------------

# Reads the head of task.md and leaves the file open at its body, as descriptor 3.
read_head() {
  settings='' labels=task paths='' reads='' argv='' outputs=''
  [ -r "$me/task.md" ] || fail "cannot read $me/task.md"
  exec 3<"$me/task.md"
  while IFS= read -r line <&3; do
    value=${line#* }
    case $line in
      ---) return ;;
      'runner '*) runner=$value settings=$settings$line$nl ;;
      'model '*) model=$value settings=$settings$line$nl ;;
      'arg '* | 'command '*) settings=$settings$line$nl ;;
      'set '*) export "${value%%=*}=${value#*=}" ;;
      'timeout '*) timeout=$value ;;
      'max-prompt '*) cap=$value ;;
      'envelope '*) envelope=$value ;;
      'output '*) outputs=$outputs$value$nl ;;
      'launch '* | 'run '*) argv=$argv+$value$nl ;;
      'read agent '*)
        value=${value#* } reads="$reads $value"
        labels=$labels${nl}"read $value" paths=$paths$dir/$value/output.md$nl ;;
      'read file '*)
        value=${value#* }
        labels=$labels${nl}"read ./$value" paths=$paths./$value$nl ;;
      'after '*)
        reads="$reads $value"
        labels=$labels${nl}"after $value" paths=$paths$dir/$value/output.md$nl ;;
    esac
  done
  fail "$me/task.md has no end of its head: compile the plan again"
}

# Waits until nothing that is read is being replaced; refuses to read a failure or nothing at all.
await_reads() {
  for name in $reads; do
    empty=0
    while held "$dir/$name/.lock"; do nap; done
    [ -s "$dir/$name/output.md" ] || blocked "$name has no output"
    good "$dir/$name" || blocked "$name is not done"
  done
}

# good FOLDER: no status (a fresh clone), done, or an output that a person wrote after a failure.
good() {
  [ -e "$1/status.json" ] || return 0
  IFS= read -r line <"$1/status.json"
  case $line in *'"state":"done"'*) return 0 ;; esac
  # shellcheck disable=SC3013 # all the shells have it, and POSIX since 2024
  [ "$1/output.md" -nt "$1/status.json" ]
}

# changed: was anything that is read replaced or edited since the stamp?  Then key and prompt may tell of
# different texts.  A file whose time is still to come is not waited for; an edit that a shell misses, because
# its -nt counts in seconds, still makes the output stale.
changed() {
  for name in $reads; do
    empty=0
    if held "$dir/$name/.lock"; then return 0; fi
  done
  looks=$((looks + 1)) newer=''
  if [ "$looks" -gt 3 ]; then return 1; fi
  set -f
  IFS=$nl
  for name in "$me/task.md" $paths; do
    # shellcheck disable=SC3013
    if [ "$name" -nt "$me/.stamp" ]; then newer=1; fi
  done
  IFS=$blanks
  set +f
  [ -n "$newer" ]
}

# Sets $sums, a checksum for the task and for each thing read, a line each, and $key from them.
make_key() {
  set -f
  IFS=$nl
  # shellcheck disable=SC2086
  sums=$(sha256 - $paths <&3 2>&1) || fail "cannot read its inputs: $(first_error)"
  # shellcheck disable=SC2086
  set -- $sums
  key=$settings
  for label in $labels; do
    key="$key$label ${1%% *}$nl"
    shift
  done
  IFS=$blanks
  set +f
}

first_error() { printf '%s\n' "$sums" | grep -v '^[0-9a-f]\{64\} ' | tr '[:cntrl:]' ' ' | cut -c 1-200; }

# inputs_of KEY-FILE: sets $inputs to all of it but the checksum of the output, and $paid to that.
inputs_of() {
  inputs='' paid=''
  while IFS= read -r line; do
    case $line in
      'output '*) paid=${line#* } ;;
      *) inputs=$inputs$line$nl ;;
    esac
  done <"$1"
}

# --- the attempt ----------------------------------------------------------

# Writes .try/prompt.md: the body of the task, then what is read.  Each block stands between lines
# that carry its checksum: no text can contain its own, so none can end its block and speak as the task.
assemble() {
  if [ -d "$try" ]; then rm -rf "${try:?}"/*; else mkdir "$try"; fi
  if ! printf '%s' "$key" >"$try/inputs"; then
    fail "cannot write in $me: is the disk full?"
  fi
  read_head
  set -f
  IFS=$nl
  # shellcheck disable=SC2086
  set -- $sums
  blocks='' n=0 end=''
  for label in $labels; do
    case $label in
      'read '*)
        sum=${1%% *} n=$((n + 1))
        printf '%s\n===== input %s %s =====\n' "$end" "${label#* }" "$sum" >"$try/fence$n"
        end="$nl===== end $sum =====$nl"
        blocks="$blocks$try/fence$n$nl${1#* ?}$nl" ;;
    esac
    shift
  done
  printf '%s' "$end" >"$try/end"
  # shellcheck disable=SC2086
  cat - $blocks "$try/end" <&3 >"$try/prompt.md" || fail "cannot write the prompt: is the disk full?"
  IFS=$blanks
  set +f
}

# The leader is told by its standard input when to die: the timer's end closes it, and so does kill -9
# of this process group, to which the timer belongs and the agent does not.  It gets its files open: after
# such a kill, another attempt may be at work under their names before it has ended.
run_agent() {
  set -f
  IFS=$nl
  set --
  for word in $argv; do set -- "$@" "${word#+}"; done
  IFS=$blanks
  set +f
  command -v "$1" >/dev/null 2>&1 || fail "$1 is not installed (runner $runner)"
  [ -z "$missing" ] || fail "not started, because $missing is not installed"
  size=$(wc -c <"$try/prompt.md")
  [ "$size" -le "$cap" ] ||
    fail "the prompt has $((size)) bytes, over max_prompt ($cap): read less, or raise it"
  if command -v setsid >/dev/null 2>&1; then
    set -- setsid sh "$here/lead.sh" "$@"
  else
    command -v perl >/dev/null 2>&1 || fail "neither setsid nor perl is installed"
    set -- perl -e 'use POSIX; POSIX::setsid(); exec @ARGV' sh "$here/lead.sh" "$@"
  fi
  say "wave $wave: $agent started ($runner${model:+ $model})"
  now
  started=$epoch began=$ticks
  printf '{"t":%s,"run":"%s","event":"start","agent":"%s","wave":%s}\n' \
    "$started" "$run" "$agent" "$wave" >>"$dir/events.jsonl"
  printf '' >"$me/log.txt"
  job=starting
  # shellcheck disable=SC2094
  {
    # shellcheck disable=SC2016
    sh -c 'echo $$ >&9 && echo $$ && exec sleep "$0"' "$timeout" | "$@" &
    job=$!
    # A shell tells of the timer's end here, which is as it should be.
    wait "$job" 2>/dev/null
    job_status=$?
    kill -KILL "-$job" 2>/dev/null
    if [ ! -s "$try/rc" ] && read_timer; then kill "$timer" 2>/dev/null; fi
    job=''
  } 4<"$try/prompt.md" 5>"$try/printed" 6>>"$me/log.txt" 7>"$try/rc" 8<"$try/rc" 9>"$try/timer" 3<"$try/timer"
  [ -z "$job" ] || fail "cannot write in $me: is the disk full?"
}

# read_exit: sets $status to the command's exit status, "expired" if it was ended, or nothing.
read_exit() {
  status=''
  if [ -s "$try/rc" ]; then read -r status <"$try/rc"; fi
}

# judge: says in $reason why the attempt is no answer, or leaves it empty.
judge() {
  reason=''
  read_exit
  if [ "$status" = expired ]; then
    reason="timed out after ${timeout}s"
  elif [ -z "$status" ]; then
    reason="ended without a status (killed, or the disk is full; $job_status)"
  elif [ ! -e "$try/printed" ]; then
    : # It was found to be the answer before, and moved.
  elif [ "$envelope" = text ]; then
    [ "$status" = 0 ] || reason="exit status $status$(last_words)"
  else
    unwrap
  fi
  if [ -n "$reason" ]; then return; fi
  [ -e "$try/output.md" ] || mv "$try/printed" "$try/output.md"
  blank "$try/output.md" && reason="empty answer"
}

# unwrap: takes the answer out of its envelope; it stays where it was printed if that is the answer.
unwrap() {
  LC_ALL=C awk -v answer="$try/output.md" -v result="$try/result.json" -v log_file="$me/log.txt" \
    -v status="$status" -f "$here/json.awk" -f "$here/envelope.awk" -f "$here/envelope-$envelope.awk" \
    "$try/printed" >"$try/verdict" || reason="cannot read what the agent printed: is the disk full?"
  IFS= read -r line <"$try/verdict"
  case $line in
    ok) ;;
    'error '*) reason=${line#error } ;;
    *) reason="cannot read what the agent printed" ;;
  esac
}

last_words() {
  line=$(tail -n 1 "$me/log.txt" | tr '[:cntrl:]' ' ' | cut -c 1-200)
  [ -z "${line% }" ] || printf ': %s' "${line% }"
}

# blank FILE: is there nothing but white space in it, or no file?
blank() {
  if [ ! -f "$1" ]; then return 0; fi
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in *[![:space:]]*) return 1 ;; esac
  done <"$1"
}

# has_outputs: are the files there that the agent was asked to write?  Sets $lacking to the first that is not.
has_outputs() {
  lacking=''
  set -f
  IFS=$nl
  for name in $outputs; do
    [ -e "./$name" ] || lacking=${lacking:-$name}
  done
  IFS=$blanks
  set +f
  [ -z "$lacking" ]
}

# --- acceptance -----------------------------------------------------------

# The new key, which carries the new output's checksum, goes first and the output last: after a kill
# between them the key's checksum tells finish_acceptance that the output in .try is its own.
# What cannot be written keeps the attempt: it was paid for.
accept() {
  enter_ending
  kept=1
  set -- "$try/output.md"
  [ ! -f "$me/output.md" ] || set -- "$@" "$me/output.md"
  sums=$(sha256 "$@") || fail "cannot read its output"
  printf '%soutput %s\n' "$key" "${sums%% *}" >"$try/key" || fail "cannot write: is the disk full?"
  when=$me/.stamp
  if [ "$#" = 2 ]; then
    old=${sums#*"$nl"}
    if [ "${old%% *}" != "${sums%% *}" ]; then
      keep_old "${old%% *}"
    elif [ -n "$restat" ]; then
      when=$me/output.md
    fi
  fi
  touch -r "$when" "$try/output.md" || fail "cannot set the time of its output"
  [ -f "$try/result.json" ] || printf '{"type":"text"}\n' >"$try/result.json" ||
    fail "cannot write: is the disk full?"
  measure "done" ''
  write_status "$try/status.json" || fail "cannot write its status: is the disk full?"
  move_accepted
  announce "done" ''
  kept=''
  leave 0
}

move_accepted() {
  set --
  for name in key prompt.md result.json status.json output.md; do
    [ ! -f "$try/$name" ] || set -- "$@" "$try/$name"
  done
  if mv -f "$@" "$me/"; then return; fi
  # mv goes on after a file that it cannot move: an old key must not vouch for a new output.
  [ -f "$try/output.md" ] || rm -f "$me/key"
  kept=1
  fail "cannot replace its output"
}

# A key in place whose output is still in .try: the move was cut short.
finish_acceptance() {
  if [ ! -f "$try/output.md" ] || [ ! -f "$try/inputs" ] || [ ! -f "$me/key" ]; then return; fi
  inputs_of "$try/inputs"
  key=$inputs
  inputs_of "$me/key"
  if [ "$inputs" != "$key" ]; then return; fi
  sum=$(sha256 "$try/output.md")
  [ "${sum%% *}" != "$paid" ] || move_accepted
}

# keep_old CHECKSUM: an output about to be replaced is kept; the last three, and all that a person edited.
keep_old() {
  mkdir -p "$me/history"
  n=1
  for name in "$me"/history/*.md; do
    name=${name##*/}
    name=${name%%.*}
    case $name in *[!0-9]*) ;; *) [ "$name" -lt "$n" ] || n=$((name + 1)) ;; esac
  done
  suffix=''
  if [ -f "$me/key" ]; then inputs_of "$me/key"; fi
  [ "${paid:-}" = "$1" ] || suffix=.edited
  # shellcheck disable=SC3013
  if [ "$me/output.md" -ef "$me/history/$((n - 1))$suffix.md" ]; then
    n=$((n - 1)) # An attempt that was killed has kept it already.
  else
    ln "$me/output.md" "$me/history/$n$suffix.md" 2>/dev/null ||
      cp -p "$me/output.md" "$me/history/$n$suffix.md" ||
      { rm -f "$me/history/$n$suffix.md"; fail "cannot keep the output that it replaces"; }
  fi
  set --
  for name in "$me"/history/*.md; do
    number=${name##*/}
    number=${number%.md}
    case $number in *[!0-9]*) ;; *) [ "$number" -gt $((n - 3)) ] || set -- "$@" "$name" ;; esac
  done
  [ "$#" = 0 ] || rm -f "$@"
}

# forget: the same input is to be paid again, also if this attempt never ends.
forget() {
  if [ -f "$me/key" ]; then
    inputs_of "$me/key"
    { printf 'output %s\n' "$paid" >"$me/.key" && mv -f "$me/.key" "$me/key"; } || fail "cannot write in $me"
  fi
  if [ -e "$me/output.md" ]; then touch -t 198001020000 "$me/output.md"; fi
}

reuse() {
  enter_ending
  [ -n "$restat" ] || touch -r "$me/.stamp" "$me/output.md" || fail "cannot set the time of its output"
  line=''
  if [ -e "$me/status.json" ]; then IFS= read -r line <"$me/status.json"; fi
  case $line in
    *'"state":"done"'*) measure reused '' && announce reused '' ;;
    *) settle_status reused '' ;;
  esac
  leave 0
}

# by_hand: is there an output that nobody was paid for, newer than all that it would be made from?  make asks
# that of the times before it starts anything; ninja knows of its own runs alone.
by_hand() {
  line=''
  if ! { [ -s "$me/output.md" ] && good "$me"; }; then return 1; fi
  if [ -f "$me/key" ]; then
    case $line in '' | *'"state":"done"'*) return 1 ;; esac
  fi
  set -f
  IFS=$nl
  # shellcheck disable=SC2086
  newer=$(find -L "$me/task.md" $paths -newer "$me/output.md" 2>&1)
  IFS=$blanks
  set +f
  [ -z "$newer" ]
}

# --- the order of it ------------------------------------------------------

trap 'stop 129' HUP
trap 'stop 130' INT
trap 'stop 131' QUIT
trap 'stop 143' TERM

hostname
read_head
lock
finish_acceptance
[ -z "$forced" ] || forget
looks=0
while :; do
  echo stamp >"$me/.stamp" || fail "cannot write in $me: is the disk full?"
  read_head
  await_reads
  make_key
  if [ -z "$forced" ] && [ -s "$me/output.md" ] && [ -f "$me/key" ] && has_outputs; then
    inputs_of "$me/key"
    [ "$inputs" != "$key" ] || reuse
  fi
  if [ -z "$forced" ] && by_hand; then
    enter_ending
    leave 0
  fi
  # An attempt that ended well just before its recipe was killed is an answer that was paid for.
  if [ -z "$forced" ] && [ -s "$try/rc" ] && [ -f "$try/inputs" ] && has_outputs; then
    inputs_of "$try/inputs"
    if [ "$inputs" = "$key" ]; then
      judge
      [ -n "$reason" ] || accept
    fi
  fi
  assemble
  changed || break
done
run_agent
judge
[ -n "$reason" ] || has_outputs || reason="it did not write $lacking, as it was asked to"
[ -z "$reason" ] || fail "$reason"
accept
