"""A Slurm for one test: munge, a controller and virtual nodes, all on this machine and in one folder."""

from __future__ import annotations

import contextlib
import getpass
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess

from tests.harness import absent, wait_for

# Without cgroups, accounting and systemd, and with no second of waiting that is only politeness.
_CONFIGURATION = """\
ClusterName=wavemake
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdPidFile={folder}/%n.pid
SlurmdLogFile={folder}/%n.log
SlurmdSpoolDir={folder}/%n
StateSaveLocation={folder}/state
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
SchedulerParameters=sched_min_interval=0
GresTypes=gpu
MpiDefault=none
DefMemPerCPU=500
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
KillWait=1
SlurmdTimeout=4
"""
_DAEMONS = ("munged", "slurmctld", "slurmd", "srun")


class Slurm:
    """A cluster of idle nodes n1, n2, ... with two processors and 2000 MB each; n1 has a GPU.

    env: what makes Slurm's commands use it.
    """

    def __init__(self, folder: pathlib.Path, nodes: int = 4) -> None:
        self.folder = folder
        self.env = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
        # Debian keeps daemons where the path of a user does not lead.
        self.env["PATH"] += ":/usr/sbin"
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}
        for name in _DAEMONS:
            if not shutil.which(name, path=self.env["PATH"]):
                absent(name)
        self.nodes = [f"n{number}" for number in range(1, nodes + 1)]
        try:
            self._start_all()
        except BaseException:
            self.end()
            raise

    def _start_all(self) -> None:
        self._configure()
        files = ("socket", "pid-file", "log-file", "seed-file", "key-file")
        options = [f"--{name}={self.folder}/munge.{name.split('-')[0]}" for name in files]
        self._start("munged", "--foreground", "--force", "--num-threads=1", *options)
        wait_for((self.folder / "munge.socket").exists, "munged")
        self._start("slurmctld", "-D")
        for name in self.nodes:
            self.start_node(name)

    def _configure(self) -> None:
        self.folder.chmod(0o755)
        for name in ("state", *self.nodes):
            (self.folder / name).mkdir()
        (self.folder / "munge.key").write_bytes(secrets.token_bytes(128))
        (self.folder / "munge.key").chmod(0o600)
        host = socket.gethostname().split(".")[0]
        port, *ports = _free_ports(1 + len(self.nodes))
        lines = [
            f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=2 RealMemory=2000"
            + (" Gres=gpu:1" if name == "n1" else "")
            for name, port in zip(self.nodes, ports, strict=True)
        ]
        head = _CONFIGURATION.format(
            host=host, port=port, user=getpass.getuser(), folder=self.folder
        )
        last = f"PartitionName=main Nodes=ALL Default=YES\nPartitionName=other Nodes={self.nodes[-1]}\n"
        (self.folder / "slurm.conf").write_text(head + "\n".join([*lines, last]))
        (self.folder / "gres.conf").write_text("NodeName=n1 Name=gpu File=/dev/null\n")

    def _start(self, program: str, *options: str, name: str = "") -> None:
        with (self.folder / f"{name or program}.out").open("ab") as out:
            self._daemons[name or program] = subprocess.Popen(
                [program, *options],
                env=self.env,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def start_node(self, name: str) -> None:
        """Start a node, and wait until it is ready for a job."""
        self._start("slurmd", "-D", "-N", name, name=name)
        wait_for(
            lambda: name in self.ask("sinfo", "-h", "-N", "-t", "idle", "-o", "%N").split(), name
        )

    def kill_node(self, name: str) -> None:
        """End a node and all that runs on it, as a power cut does."""
        daemon = self._daemons[name]
        daemon.kill()
        daemon.wait()
        for step in _holding(self.folder / f"{name}.log"):
            _kill([*_descendants(step), step])

    def ask(self, *words: str) -> str:
        """What one of Slurm's commands prints."""
        done = subprocess.run(
            words, env=self.env, capture_output=True, text=True, check=False, timeout=60
        )
        return done.stdout

    def jobs(self, state: str = "RUNNING,PENDING") -> list[str]:
        """The names of the jobs in a state, sorted."""
        return sorted(self.ask("squeue", "-h", "-t", state, "-o", "%j").split())

    def end(self) -> None:
        """End every process of the cluster."""
        for daemon in reversed(self._daemons.values()):
            daemon.terminate()
        for daemon in self._daemons.values():
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        for step in [step for name in self.nodes for step in _holding(self.folder / f"{name}.log")]:
            _kill([*_descendants(step), step])


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on: those that the system gives away when it is asked for any."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _kill(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _holding(path: pathlib.Path) -> list[int]:
    """The processes that have a file open."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*/fd"):
        with contextlib.suppress(OSError):
            if any(os.readlink(entry) == str(path) for entry in folder.iterdir()):
                found.append(int(folder.parent.name))
    return found


def _descendants(pid: int) -> list[int]:
    """The children of a process, and theirs."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == pid:
                child = int(path.parent.name)
                found += [child, *_descendants(child)]
    return found
