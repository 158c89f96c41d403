"""Where an agent's CLI is started: the words that stand in front of its command."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from wavemake.plan.did_you_mean import did_you_mean
from wavemake.plan.model import Resources, encodes
from wavemake.plan.resolved import Agent

# make, ninja and sh use this name.
_COMMAND = re.compile(r"[A-Za-z0-9_./+-]+")
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@:%-]*")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_NAMES = (
    "agent",
    "agents",
    "wave",
    "timeout",
    "minutes",
    "runtime",
    "cpus",
    "mem",
    "gpus",
    "partition",
)
# slurm.sh wraps it, because srun's exit status does not distinguish an answer from a lost node.
_SLURM = """\
sh {runtime}/slurm.sh --nodes=1 --ntasks=1 --exact --quit-on-interrupt --job-name={agent} --time={minutes}
--cpus-per-task={cpus} --mem={mem} --gpus={gpus} --partition={partition}
"""
# sandbox.sh wraps it, because it knows what an agent may write.
_SANDBOX = "sh {runtime}/sandbox.sh {agents} {agent}"
# How long a job may wait in the queue, in seconds: its time limit has not begun then.
_QUEUE = 7 * 24 * 3600


class BadLauncher(ValueError):
    """A launcher that cannot be used; its text says why, as what follows the option."""


@dataclass(frozen=True, slots=True)
class Launcher:
    """A prefix of commands. `words` have placeholders; `program` must be installed to use it.

    queue: the seconds for which it may keep a command waiting, while no time limit counts. apart: a file
    that is written here may not be there.
    """

    words: tuple[str, ...] = ()
    program: str = ""
    queue: int = 0
    apart: bool = False

    def prefix(self, agent: Agent, runtime: str) -> tuple[str, ...]:
        """Return the words for `agent`; runtime is the runtime's folder.

        A word with a placeholder for a resource that the agent does not name is left out.
        """
        if not self.words:
            return ()
        values = _values(agent, runtime)
        return tuple(
            _PLACEHOLDER.sub(lambda match: values[match[1]], word)
            for word in self.words
            if all(values[name] for name in _PLACEHOLDER.findall(word))
        )


DIRECT = Launcher()
"""No launcher: a command is a child of make."""


def parse(text: str, net: str = "") -> Launcher:
    """Return the launcher that `text` stands for: a command, or a preset.

    The presets are `slurm` and options of srun, `ssh:HOST` and options of ssh, and `sandbox`.

    Words are split as a shell splits them. net: "off" for a sandbox without a network. Raises BadLauncher.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise BadLauncher(f"cannot be split into words: {str(error).lower()}") from None
    if not words:
        raise BadLauncher("names no command")
    if not encodes(text) or any(not word.isprintable() for word in words):
        raise BadLauncher("has a word that is not printable text")
    for name in _PLACEHOLDER.findall(text):
        if name not in _NAMES:
            known = "there are " + ", ".join(f"{{{each}}}" for each in _NAMES)
            raise BadLauncher(
                f"has an unknown placeholder {{{name}}}: {did_you_mean(name, _NAMES) or known}"
            )
    if words[0] == "ssh" and len(words) == 2 and _HOST.fullmatch(words[1]):
        words = [f"ssh:{words[1]}"]
    if words[0].startswith("ssh:") and not net:
        return _ssh(words[0].removeprefix("ssh:"), words[1:])
    if words[0].rpartition("/")[2] == "ssh":
        raise BadLauncher(
            "would join the words of a command and leave it running: use ssh:HOST, and options after it"
        )
    if not _COMMAND.fullmatch(words[0]):
        raise BadLauncher("begins with a word that is not a plain name or path of a command")
    if words[0] == "sandbox":
        if len(words) > 1:
            raise BadLauncher("takes no words after 'sandbox'")
        return Launcher((*_SANDBOX.split(), net or "on"), "bwrap")
    if net:
        raise BadLauncher("is not 'sandbox', which alone takes --sandbox-net")
    if words[0] == "slurm":
        return Launcher((*shlex.split(_SLURM), *words[1:], "--"), "srun", _QUEUE)
    return Launcher(tuple(words), words[0])


def _ssh(host: str, options: list[str]) -> Launcher:
    """Return the launcher that runs commands on `host`; options are further ones of ssh."""
    if not _HOST.fullmatch(host):
        raise BadLauncher("names no host after ssh:")
    return Launcher(("sh", "{runtime}/ssh.sh", host, *options, "--"), "ssh", apart=True)


def _values(agent: Agent, runtime: str) -> Mapping[str, str]:
    resources = agent.settings.resources or Resources()
    timeout = agent.settings.timeout or 0
    return {
        "agent": agent.name,
        "wave": str(agent.wave),
        "timeout": str(timeout),
        "minutes": str(-(-timeout // 60)),
        "runtime": runtime,
        "agents": posixpath.dirname(runtime),
        "cpus": str(resources.cpus or ""),
        "mem": resources.mem or "",
        "gpus": str(resources.gpus or ""),
        "partition": resources.partition or "",
    }
