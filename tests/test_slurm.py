"""Plans on a real Slurm, as --launcher slurm runs them: an answer is an answer, and nothing else is."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.expectations import counted
from tests.harness import Project, wait_for
from tests.slurm import Slurm

pytestmark = pytest.mark.slow

DIAMOND = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}
# Ends well when it is ended, as some CLIs do: by what srun alone says of it, this half of an answer is done.
STUBBORN = """
sleep 1000 &
trap "kill $!; exit 0" TERM
echo half
echo "$SLURMD_NODENAME" >node
wait
"""

STEP = 'echo "$SLURM_JOB_ID.$SLURM_STEP_ID"'


@pytest.fixture
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    """A cluster; its folder has a short name, because the path of a socket may have 107 bytes."""
    slurm = Slurm(tmp_path_factory.mktemp("slurm"))
    yield slurm
    slurm.end()


@pytest.fixture
def cluster(project: Project, slurm: Slurm) -> Iterator[Project]:
    """A project whose agents run on the cluster."""
    project.env |= {name: slurm.env[name] for name in ("SLURM_CONF", "PATH")}
    yield project
    project.end()


def compile_plan(project: Project, agents: dict[str, Any], options: str = "") -> None:
    project.plan(agents)
    result = project.compile("--launcher", f"slurm {options}")
    assert result.code == 0, result.out


def test_a_plan_runs_as_jobs(cluster: Project) -> None:
    compile_plan(cluster, DIAMOND)
    for agent in "bc":
        cluster.behave(agent, 'echo "job $SLURM_JOB_NAME"; cat "$prompt"')
    result = cluster.make("-j4")
    assert result.code == 0, result.out
    assert cluster.paid() == ["a", "b", "c", "d"]
    assert cluster.output("b").startswith("job b\n")
    assert cluster.output("a") in cluster.output("c")
    assert cluster.make("-q").code == 0


def test_an_answer_arrives_byte_for_byte(cluster: Project) -> None:
    answer = bytes(range(1, 256)) * 4000 + b"the last line has no end"
    cluster.path("answer").write_bytes(answer)
    compile_plan(cluster, {"a": []})
    cluster.behave("a", "cat answer; echo reported >&2")
    assert cluster.make().code == 0
    assert cluster.path(".tmp/agents/a/output.md").read_bytes() == answer
    assert cluster.read(".tmp/agents/a/log.txt") == "reported\n"


@pytest.mark.parametrize("status", [1, 7, 86, 137])
def test_a_failure_is_told_in_the_words_of_the_agent(cluster: Project, status: int) -> None:
    compile_plan(cluster, {"a": [], "b": ["a"], "c": []})
    cluster.behave("a", f"echo half; echo 'no such model' >&2; exit {status}")
    result = cluster.make("-j4")
    assert result.code == 2
    reported = {86: 1}.get(status, status)
    assert cluster.status("a")["reason"] == f"exit status {reported}: no such model"
    assert counted(result.out) == {"done": 1, "failed": 1, "blocked": 1}
    assert cluster.paid() == ["a", "c"]


def test_a_job_is_given_what_the_agent_asks_for(cluster: Project) -> None:
    resources = {"cpus": 2, "mem": "1G", "gpus": 1}
    compile_plan(
        cluster,
        {
            "a": {"timeout": "90s", "resources": resources, "reads": []},
            "b": {"resources": {"partition": "other"}, "reads": []},
        },
        "--comment='all of it'",
    )
    for agent in "ab":
        cluster.behave(agent, 'scontrol show job "$SLURM_JOB_ID"')
    assert cluster.make("-j4").code == 0
    words = cluster.output("a").split()
    assert {"JobName=a", "TimeLimit=00:02:00", "NumCPUs=2", "MinMemoryNode=1G"} <= set(words)
    assert "TresPerJob=gres:gpu:1" in words
    assert "Comment=all of it" in cluster.output("a")
    assert {"JobName=b", "TimeLimit=00:30:00", "Partition=other", "NodeList=n4"} <= set(
        cluster.output("b").split()
    )


def test_what_no_node_has_is_a_failure(cluster: Project) -> None:
    compile_plan(cluster, {"a": {"resources": {"mem": "900G"}, "reads": []}})
    assert cluster.make().code == 2
    reason = cluster.status("a")["reason"]
    assert "node configuration is not available" in reason
    assert cluster.paid() == []


def test_a_job_that_is_cancelled(cluster: Project, slurm: Slurm) -> None:
    compile_plan(cluster, {"a": [], "b": ["a"], "c": []})
    cluster.behave("a", STUBBORN)
    make = cluster.start_make("-j4")
    wait_for(cluster.path("node").exists, "agent a")
    slurm.ask("scancel", "--name=a")
    out = make.communicate(timeout=60)[0].decode()
    assert make.returncode == 2
    assert counted(out) == {"done": 1, "failed": 1, "blocked": 1}
    assert "CANCELLED" in cluster.status("a")["reason"]
    assert not cluster.path(".tmp/agents/a/output.md").exists()


def test_a_job_whose_node_is_lost(cluster: Project, slurm: Slurm) -> None:
    compile_plan(cluster, {"a": [], "b": ["a"]})
    once = f"if [ ! -e node ]; then {STUBBORN} fi; echo whole"
    cluster.behave("a", once)
    make = cluster.start_make("-j4")
    wait_for(lambda: cluster.path("node").exists() and cluster.read("node"), "agent a")
    slurm.kill_node(cluster.read("node").strip())
    make.communicate(timeout=120)
    # It is tried again, elsewhere.
    assert make.returncode == 0
    assert cluster.paid() == ["a", "a", "b"]
    assert cluster.output("a") == "whole\n"


def test_ctrl_c_cancels_what_runs_and_what_waits(cluster: Project, slurm: Slurm) -> None:
    agents = {f"a{number}": [] for number in range(6)}
    compile_plan(cluster, agents, "--cpus-per-task=2")
    for agent in agents:
        cluster.behave(agent, STUBBORN)
    make = cluster.start_make("-j6")
    wait_for(lambda: len(slurm.jobs("RUNNING")) == 4, "four jobs")
    wait_for(lambda: len(slurm.jobs("PENDING")) == 2, "two jobs in the queue")
    os.killpg(make.pid, signal.SIGINT)
    make.communicate(timeout=60)
    assert make.returncode != 0
    wait_for(lambda: not slurm.jobs(), "the end of all jobs")
    assert {cluster.status(agent)["state"] for agent in agents} == {"interrupted"}
    for agent in agents:
        cluster.behave(agent, "echo whole")
    assert cluster.make("-j6").code == 0


def test_a_make_that_is_killed_cancels_its_jobs(cluster: Project, slurm: Slurm) -> None:
    compile_plan(cluster, {"a": []})
    cluster.behave("a", STUBBORN)
    make = cluster.start_make()
    wait_for(cluster.path("node").exists, "agent a")
    os.killpg(make.pid, signal.SIGKILL)
    make.communicate(timeout=60)
    wait_for(lambda: not slurm.jobs(), "the end of the job")
    cluster.behave("a", "echo whole")
    assert cluster.make().code == 0
    assert cluster.output("a") == "whole\n"


def test_a_time_limit_does_not_count_the_queue(cluster: Project, slurm: Slurm) -> None:
    compile_plan(cluster, {"a": {"timeout": "1s", "reads": []}})
    slurm.ask("scontrol", "update", "PartitionName=main", "State=DOWN")
    make = cluster.start_make()
    waited = ("squeue", "-h", "-t", "PENDING", "-O", "PendingTime")
    wait_for(lambda: int(slurm.ask(*waited).strip() or 0) > 2, "more than its time in the queue")
    slurm.ask("scontrol", "update", "PartitionName=main", "State=UP")
    make.communicate(timeout=60)
    assert make.returncode == 0


def test_a_job_that_outlives_its_time(cluster: Project) -> None:
    # Slurm counts in minutes, and looks twice a minute.
    compile_plan(cluster, {"a": {"timeout": "1s", "reads": []}, "b": ["a"]})
    cluster.behave("a", STUBBORN)
    assert cluster.make("-j4", timeout=240).code == 2
    assert "DUE TO TIME LIMIT" in cluster.status("a")["reason"]
    assert cluster.paid() == ["a"]


def test_steps_of_one_job(cluster: Project) -> None:
    compile_plan(cluster, DIAMOND, "--mem=100M")
    for agent in "bc":
        # Each waits for the other: they run at once.
        other = "c" if agent == "b" else "b"
        cluster.behave(
            agent, f"touch up.{agent}; until [ -e up.{other} ]; do sleep 0.1; done; {STEP}"
        )
    result = cluster.run(["salloc", "--ntasks=8", "make", "-j8"])
    assert result.code == 0, result.out
    b, c = (cluster.output(agent).split(".") for agent in "bc")
    assert b[0] == c[0]
    assert b[1] != c[1]
