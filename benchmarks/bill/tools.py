"""The contenders that run commands: wavemake, build tools, and waves as barriers."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
from collections.abc import Mapping

from benchmarks.bill.contender import Contender, inputs, recipe, update, write_tasks
from benchmarks.bill.plan import Job, Plan
from benchmarks.peers.barrier import SCRIPT
from benchmarks.timing import environment


class Wavemake(Contender):
    """The plan is compiled; make runs it, and compiles it again when it is edited."""

    name = "wavemake"
    program = "make"
    way_out = "apt-get install make"

    def write(self, plan: Plan, folder: pathlib.Path) -> None:
        tree = {"project": "bill", "agents": [self._agent(job) for job in plan.jobs]}
        update(folder / "plan.json", json.dumps(tree, indent=1) + "\n")
        if not (folder / "Makefile").exists():
            words = [sys.executable, "-m", "wavemake", "compile", "plan.json", "-q"]
            subprocess.run(words, cwd=folder, env=environment(), check=True)

    def _agent(self, job: Job) -> dict[str, object]:
        own = {"permissions": "acceptEdits"} if job.edits else {}
        reads = [*job.needs, *({"file": path} for path in job.files)]
        return {"name": job.name, "task": job.task, "reads": reads, "model": job.model, **own}

    def words(self, jobs: int, shared: bool = False) -> list[str]:
        return ["make", f"-j{jobs}"]

    def answer(self, name: str) -> str:
        return f".tmp/agents/{name}/output.md"

    def shared(self, store: str) -> Mapping[str, str]:
        return {"WAVEMAKE_STORE": store}


class Make(Contender):
    name = "make, by hand"
    program = "make"
    way_out = "apt-get install make"
    notes = "The model stands in the Makefile, and make does not compare recipes."

    def write(self, plan: Plan, folder: pathlib.Path) -> None:
        write_tasks(plan, folder)
        rules = (
            f"answers/{job.name}.md: {' '.join(inputs(job))}\n\t@{recipe(job, pid='$$$$')}\n"
            for job in plan.jobs
        )
        outputs = " ".join(f"answers/{job.name}.md" for job in plan.jobs)
        update(folder / "Makefile", f"all: {outputs}\n" + "".join(rules))

    def words(self, jobs: int, shared: bool = False) -> list[str]:
        return ["make", "-r", "-k", f"-j{jobs}"]


class Ninja(Contender):
    name = "ninja, by hand"
    program = "ninja"
    way_out = "pip install ninja"
    notes = "`restat`, and an answer that is the same keeps its time."

    def write(self, plan: Plan, folder: pathlib.Path) -> None:
        write_tasks(plan, folder)
        edges = (
            f"build answers/{job.name}.md: agent {' '.join(inputs(job))}\n"
            f"  run = {recipe(job, pid='$$$$', keep_if_same=True)}\n"
            for job in plan.jobs
        )
        rule = "rule agent\n  command = $run\n  restat = 1\n"
        update(folder / "build.ninja", rule + "".join(edges))

    def words(self, jobs: int, shared: bool = False) -> list[str]:
        return ["ninja", "--quiet", "-k0", f"-j{jobs}"]


class Doit(Contender):
    name = program = "doit"
    way_out = "pip install doit"
    notes = "The model is compared by `config_changed`."

    def write(self, plan: Plan, folder: pathlib.Path) -> None:
        write_tasks(plan, folder)
        agents = [
            (job.name, recipe(job), inputs(job), f"answers/{job.name}.md", job.model)
            for job in plan.jobs
        ]
        lines = "".join(f"    {agent!r},\n" for agent in agents)
        update(
            folder / "dodo.py",
            "from doit.tools import config_changed\n"
            'DOIT_CONFIG = {"verbosity": 0, "reporter": "error-only"}\n'
            f"AGENTS = [\n{lines}]\n"
            "def task_agent():\n"
            "    for name, command, inputs, output, model in AGENTS:\n"
            '        yield {"name": name, "actions": [command], "file_dep": inputs,\n'
            '               "targets": [output], "uptodate": [config_changed(model)]}\n',
        )

    def words(self, jobs: int, shared: bool = False) -> list[str]:
        return ["doit", "run", "--continue", "-n", str(jobs), "-P", "thread"]


class Snakemake(Contender):
    name = program = "snakemake"
    way_out = "pip install snakemake"
    notes = (
        "The model is one of the `params`, all rerun triggers are on; after a kill `--unlock`; where machines"
        " share answers, its cache between workflows."
    )

    def write(self, plan: Plan, folder: pathlib.Path) -> None:
        write_tasks(plan, folder)
        outputs = ", ".join(json.dumps(f"answers/{job.name}.md") for job in plan.jobs)
        update(
            folder / "Snakefile",
            f"rule all:\n    input: {outputs}\n" + "".join(map(self._rule, plan.jobs)),
        )

    def _rule(self, job: Job) -> str:
        return (
            f"rule {job.name.replace('-', '_')}:\n"
            f"    input: {', '.join(map(json.dumps, inputs(job)))}\n"
            f'    output: "answers/{job.name}.md"\n'
            f"    params: model={json.dumps(job.model)}\n"
            '    cache: "omit-software"\n'
            f"    shell: {json.dumps(recipe(job))}\n"
        )

    def words(self, jobs: int, shared: bool = False) -> list[str]:
        cache = ["--cache"] if shared else []
        usual = ["--keep-going", "--rerun-incomplete", "--quiet", "all"]
        return ["snakemake", f"-j{jobs}", *cache, *usual]

    def after_a_kill(self) -> list[list[str]]:
        return [["snakemake", "--unlock", "--quiet", "all"]]

    def shared(self, store: str) -> Mapping[str, str]:
        if "://" in store:
            return {}
        pathlib.Path(store).mkdir(exist_ok=True)
        return {"SNAKEMAKE_OUTPUT_CACHE": store}


class Makeflow(Contender):
    name = program = "makeflow"
    way_out = "apt-get install coop-computing-tools"
    tick = 1.1
    notes = (
        "It compares the times of what its jobs have made, but neither those of the tasks nor commands; it"
        " tries a failed job again at once, and exits with 0 though jobs have failed."
    )

    def write(self, plan: Plan, folder: pathlib.Path) -> None:
        write_tasks(plan, folder)
        rules = (
            f"answers/{job.name}.md: {' '.join(inputs(job))}\n\t{recipe(job, pid='')}\n\n"
            for job in plan.jobs
        )
        update(folder / "bill.makeflow", "".join(rules))

    def words(self, jobs: int, shared: bool = False) -> list[str]:
        return ["makeflow", "-T", "local", "-j", str(jobs), "bill.makeflow"]


class Barrier(Contender):
    """An orchestrator of the usual kind: it remembers nothing."""

    name = "waves as barriers"
    program = sys.executable
    way_out = "it is part of Python"
    version = "of our own"
    notes = "It keeps nothing from run to run."

    def write(self, plan: Plan, folder: pathlib.Path) -> None:
        write_tasks(plan, folder)
        wave_of: dict[str, int] = {}
        waves: list[list[str]] = []
        for job in plan.jobs:
            wave = wave_of[job.name] = 1 + max((wave_of[need] for need in job.needs), default=-1)
            waves[wave:] = waves[wave:] or [[]]
            waves[wave].append(recipe(job))
        update(folder / "waves.json", json.dumps(waves, indent=1))
        update(folder / "barrier.py", SCRIPT)

    def words(self, jobs: int, shared: bool = False) -> list[str]:
        return [sys.executable, "barrier.py", str(jobs)]
