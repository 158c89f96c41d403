"""Names that mean something to make, ninja or a shell: a plan with such files runs, or is refused by name."""

from __future__ import annotations

import pytest

from tests.harness import Project

pytestmark = pytest.mark.slow

NAMES = [
    "notes (draft.md",
    "b)c.md",
    "f(x).md",
    "))((.md",
    "100%.md",
    "%.c",
    "50% (of 100).md",
    "a, b,c.md",
    "$(shell touch pwned).md",
    "$x ${y}.md",
    "it's.md",
    'a "b".md',
    "#1.md",
    "[id].md",
    "a&b.md",
    "x{y}.md",
    "caf\u00e9 \u2603.md",
    "-n.md",
    "a@b+c~d.md",
    "!bang^.md",
]
REFUSED = ["a:b.md", "a|b.md", "a;b.md", "a\\b.md", "a=b.md", "a\tb.md", "end)", "*.md"]
RUNS = [("make", "system"), ("make", "newest"), ("ninja", "system")]


def write(project: Project, name: str) -> None:
    agents = {
        "a": {"reads": [], "outputs": [name]},
        "b": {"reads": [{"agent": "a"}, {"file": name}, {"file": f"in/{name}"}]},
    }
    project.write(f"in/{name}", "an input\n")
    project.plan(agents)
    project.write("name", name)
    project.behave("a", 'IFS= read -r file <name || :; echo made >"./$file"; echo done\n')


@pytest.mark.parametrize(("backend", "which"), RUNS, ids=["make", "newest make", "ninja"])
@pytest.mark.parametrize("name", NAMES)
def test_a_plan_with_such_files_runs(project: Project, name: str, backend: str, which: str) -> None:
    project.use_make(which)
    project.use_backend(backend)
    write(project, name)
    assert project.compile().code == 0
    done = project.drive()
    assert done.code == 0, done.out
    assert project.paid() == ["a", "b"]
    assert project.drive().code == 0
    assert project.is_up_to_date()
    assert project.paid() == []
    project.write(f"in/{name}", "another input\n")
    assert project.drive().code == 0
    assert project.paid() == ["b"]
    assert not project.path("pwned").exists()


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_named_is_refused_by_name(project: Project, name: str) -> None:
    project.plan({"a": {"reads": [], "outputs": [name]}})
    done = project.compile()
    assert done.code == 1
    assert "plan.json:12:9: error[WM1" in done.out
