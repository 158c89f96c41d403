"""The meaning of the codes that only a plan of another tool can have."""

from __future__ import annotations

from collections.abc import Mapping

from wavemake.plan.diagnostics import Rule, Severity

RULES: Mapping[str, Rule] = {
    "WM301": (
        "dialect",
        "The plan is in the shape of another tool and is read as such.",
        "`wavemake convert` writes it in the reference shape.",
    ),
    "WM302": (
        "ids-become-names",
        "Ids that cannot name an agent are turned into names that can.",
        "An agent's name is a target of make and a folder. The new name is made of the id, and if "
        "that is a number of the title too, and of nothing else: not of its place in the plan.",
    ),
    "WM303": (
        "dependencies-are-read",
        "What an item depends on is given to it to read.",
        "Convert the plan and write 'depends_on' for what is to be waited for and not read.",
    ),
    "WM304": (
        "texts-are-joined",
        "Texts that stand apart are joined into one task.",
        "An agent is asked one text: the title, the description and what else says what to do.",
    ),
    "WM305": (
        "subtasks-are-steps",
        "The subtasks of an item become steps of its one task.",
        "One agent does them in order. Make them items of their own to run an agent for each.",
    ),
    "WM306": (
        "order-assumed",
        "The plan names no dependencies; its order is taken from something else.",
        "Write the dependencies to say exactly what may run in parallel.",
    ),
    "WM307": (
        "not-read",
        "These keys keep the plan in order, and say nothing to an agent.",
        "They are left out, and change nothing.",
    ),
    "WM308": (
        "not-supported",
        "The plan asks for what a plan of agents cannot say, or does not say in the same way.",
        "A loop that ends by a word or a command is one of `loops`; any other runs once. A condition that "
        "cannot be translated is not evaluated: its agent has `approve`, and waits until somebody "
        "approves. Look at each.",
    ),
    "WM309": (
        "done-without-output",
        "An item is marked done, but its agent has no output.",
        "Those that depend on it are to read its output, so it runs. Write what it did into its "
        "output.md, or take it out of the plan.",
    ),
    "WM310": (
        "left-out",
        "An item is marked as not to be done.",
        "It is left out, and what depends on it does without it.",
    ),
    "WM311": (
        "ambiguous-dialect",
        "The plan can be read in more than one way.",
        "Choose with --dialect, or the list of tasks with --tag.",
    ),
    "WM312": (
        "wrong-dialect",
        "The plan is not in the shape that was asked for.",
        "Leave --dialect out to have the shape recognised.",
    ),
    "WM313": (
        "possible-dialect",
        "The plan resembles a shape, but nothing in it shows that it is a plan of agents.",
        "Say --dialect if it is one.",
    ),
    "WM314": (
        "no-agent",
        "An item runs a command that cannot be taken over as it is.",
        "A command of one text is run in place of an agent. One that another tool fills in before it "
        "runs it would do something else here.",
    ),
    "WM315": (
        "not-in-a-task",
        "These keys say something that reaches no agent.",
        "They are settings of the other tool, or numbers without a meaning that is known. What matters "
        "of them has to be written into a description, or set by a key of ours.",
    ),
    "WM316": (
        "no-content",
        "An item says nothing that an agent could do.",
        "It has neither a text nor a title, or what it says is of a kind that cannot be read. Its name "
        "alone is not a task.",
    ),
    "WM317": (
        "gate",
        "The plan has a gate: somebody has to approve before it goes on.",
        "What waits for the gate has `approve`, and starts after `make approve-NAME`.",
    ),
    "WM318": (
        "other-tags",
        "The file has several lists of tasks, of which one is read.",
        "`--tag` chooses one; without it, the tool's own current tag counts, then `master`.",
    ),
    "WM319": (
        "part-of",
        "An item only holds others together.",
        "It becomes no agent. Its text is added to each of its parts, and what depends on it "
        "depends on all of them.",
    ),
    "WM320": (
        "cycle-of-what-is-done",
        "Items that are done wait for each other.",
        "Nothing has to run, so the order in which they are written is taken. Among items that are "
        "not done, a cycle is an error.",
    ),
    "WM321": (
        "another-tools-file",
        "The file is one of another tool, which is known, and cannot be read as a plan.",
        "The message says whose it is, and what can be done.",
    ),
    "WM322": (
        "condition",
        "A condition of another tool is written as `when`.",
        "It compares what another agent answered, or a value in an answer that is JSON. An agent whose "
        "condition does not hold is skipped.",
    ),
}

SEVERITIES: Mapping[str, Severity] = {
    **dict.fromkeys(RULES, Severity.NOTE),
    **dict.fromkeys(
        ["WM308", "WM309", "WM310", "WM315", "WM317", "WM318", "WM320"], Severity.WARNING
    ),
    **dict.fromkeys(["WM311", "WM312", "WM314", "WM316", "WM321"], Severity.ERROR),
}
"""How bad each is."""
