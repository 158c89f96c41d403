#!/bin/sh
# Runs an agent's command in a sandbox of bubblewrap: it can write its workspace, the configuration of its CLI and a
# /tmp of its own, and nothing else.
#
#   sh sandbox.sh AGENTS AGENT NET COMMAND [ARG...]
#
#   AGENTS   the folder of all agents, relative to the project's folder, from which this is run
#   NET      off: without a network
#
# Exit status: that of the command; 126 if a sandbox is impossible.
set -u
wm_dir=$1 wm_agent=$2 wm_net=$3
shift 3

refuse() {
  printf 'wavemake: no sandbox: %s\n' "$1" >&2
  exit 126
}

command -v bwrap >/dev/null 2>&1 || refuse "bwrap is not installed: install bubblewrap, or compile without --launcher sandbox"
wm_said=$(bwrap --ro-bind / / --unshare-pid --proc /proc true 2>&1) ||
  refuse "bwrap cannot make one (are user namespaces off here?): $(printf '%s' "$wm_said" | LC_ALL=C tr '[:cntrl:]' ' ' | LC_ALL=C cut -c 1-200)"

# The options come before the command, the last first.
[ "$wm_net" != off ] || set -- --unshare-net "$@"
set -- --chdir "$PWD" --setenv TMPDIR /tmp "$@"
if [ -d "$PWD/$wm_dir/$wm_agent/.work/tree" ]; then
  set -- --bind "$PWD/$wm_dir/$wm_agent/.work/tree" "$PWD/$wm_dir/$wm_agent/.work/tree" "$@"
fi
if [ -d "$PWD/$wm_dir/$wm_agent/.config" ]; then
  set -- --bind "$PWD/$wm_dir/$wm_agent/.config" "$PWD/$wm_dir/$wm_agent/.config" "$@"
fi
# Where the CLIs keep their state; each exists only if it is used.
for wm_name in .claude .claude.json .codex .gemini .qwen .config/opencode .local/share/opencode .local/state/opencode \
  .config/io.datasette.llm .ollama .aider .config/goose .cache; do
  set -- --bind-try "$HOME/$wm_name" "$HOME/$wm_name" "$@"
done
for wm_name in "${CLAUDE_CONFIG_DIR:-}" "${CODEX_HOME:-}" "${GEMINI_CLI_HOME:-}" "${LLM_USER_PATH:-}"; do
  [ -z "$wm_name" ] || set -- --bind-try "$wm_name" "$wm_name" "$@"
done
# /run has the sockets of services, such as docker's; names are resolved by a file there.
exec bwrap --ro-bind / / --dev /dev --proc /proc --tmpfs /tmp --tmpfs /run --tmpfs /var/tmp --tmpfs /dev/shm \
  --ro-bind-try /run/systemd/resolve /run/systemd/resolve --ro-bind "$HOME" "$HOME" --ro-bind "$PWD" "$PWD" \
  --unshare-pid --unshare-ipc --unshare-uts --die-with-parent --cap-drop ALL "$@"
