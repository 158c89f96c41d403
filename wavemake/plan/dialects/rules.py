"""What the codes stand for that only a plan in somebody else's shape can have."""

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
        "These keys say nothing to a plan of agents.",
        "They are left out, and change nothing.",
    ),
    "WM308": (
        "not-supported",
        "The plan asks for what a plan of agents cannot say.",
        "It is ignored, so that the plan does something else than it says: look at each.",
    ),
    "WM309": (
        "done-without-output",
        "An item is marked done, but the output of its agent is not there.",
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
        "Say which with --dialect.",
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
        "An item runs a command and asks nobody anything.",
        "Every item becomes an agent, which needs to be told what to do.",
    ),
}

SEVERITIES: Mapping[str, Severity] = {
    **dict.fromkeys(RULES, Severity.NOTE),
    **dict.fromkeys(["WM308", "WM309", "WM310"], Severity.WARNING),
    **dict.fromkeys(["WM311", "WM312", "WM314"], Severity.ERROR),
}
"""How bad each is."""
