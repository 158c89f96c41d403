"""A thousand agents, some of which fail for a while and some for good: nothing is lost or paid twice."""

from __future__ import annotations

import collections
import json
import random

import pytest

from tests.harness import Project

pytestmark = pytest.mark.slow

AGENTS = 1000
# Does what FATES says of its agent; every answer that it is paid for is a line in paid.log.
SCRIPT = """\
read -r line
name=${line#*'`'}
name=${name%%'`'*}
read -r fate <"fates/$name"
case $fate in
  transient)
    echo final >"fates/$name"
    sed -i 's/.*/good/' "fates/$name"
    echo 'API Error: 529 {"type":"overloaded_error"}' >&2
    exit 1 ;;
  final)
    echo 'API Error: 400 invalid_request_error' >&2
    exit 1 ;;
esac
echo "$name" >>paid.log
echo "answer of $name"
"""


def test_soak(project: Project) -> None:
    rng = random.Random(4711)
    names = [f"a{number}" for number in range(AGENTS)]
    fates = ["final"] * (AGENTS // 20) + ["transient"] * (AGENTS // 10)
    fates += ["good"] * (AGENTS - len(fates))
    rng.shuffle(fates)
    fate = dict(zip(names, fates, strict=True))
    reads = {
        name: sorted(rng.sample(names[max(0, n - 60) : n], min(2, n)))
        for n, name in enumerate(names)
    }
    project.path("fates").mkdir()
    for name in names:
        project.write(f"fates/{name}", fate[name] + "\n")
    project.write("agent.sh", SCRIPT)
    # Few chains, so that a failure blocks some and not all.
    project.plan({name: reads[name] if n % 3 == 0 else [] for n, name in enumerate(names)})
    project.env |= {"WAVEMAKE_BACKOFF": "0"}
    assert project.compile("-q").code == 0
    result = project.make("-j16", timeout=600)
    assert result.code == 2

    lost: set[str] = set()
    for n, name in enumerate(names):
        blocked = n % 3 == 0 and bool(lost.intersection(reads[name]))
        if blocked or fate[name] == "final":
            lost.add(name)
        expected = "blocked" if blocked else {"final": "failed"}.get(fate[name], "done")
        path = project.path(f".tmp/agents/{name}/status.json")
        if expected == "blocked":
            # make does not start what it knows to be blocked.
            assert not path.exists() or json.loads(path.read_text())["state"] == "blocked", name
            continue
        status = json.loads(path.read_text())
        assert status["state"] == expected, name
        assert status["attempts"] == (2 if fate[name] == "transient" else 1), name
    done = [name for name in names if name not in lost]
    assert collections.Counter(project.paid()) == collections.Counter(done)
    failed = sum(each == "final" and name in lost for name, each in fate.items())
    summary = project.read(".tmp/agents/summary.md")
    assert f"{len(done)} done, " in summary
    assert f"of {AGENTS} agents" in summary

    for name in names:
        project.write(f"fates/{name}", "good\n")
    assert project.make("-j16", timeout=600).code == 0
    assert collections.Counter(project.paid()) == collections.Counter(lost)
    assert failed
    assert project.make("-q").code == 0
