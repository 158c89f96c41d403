"""What the codes stand for that reading and resolving a plan can give; `explain` prints it."""

from __future__ import annotations

from collections.abc import Mapping

from wavemake.plan.diagnostics import Rule

ERRORS: Mapping[str, Rule] = {
    "WM010": (
        "no-plan",
        "The file is not a plan.",
        "A plan is an object with `agents`, `waves`, or both: "
        '{"agents": [{"name": ..., "task": ..., "reads": [...]}]}.',
    ),
    "WM011": (
        "no-agents",
        "The plan has no agents.",
        "`agents` and `waves` are empty. Each agent needs a name, and should have a task.",
    ),
    "WM101": (
        "unknown-key",
        "A plan, an agent or `defaults` has a key that does not exist.",
        "It would be ignored silently. Correct its spelling, or leave it out; `wavemake schema` "
        "lists all keys.",
    ),
    "WM102": (
        "wrong-kind",
        "A value is of the wrong kind, such as a number where a text belongs.",
        "The message names the kind that belongs there. In YAML, quote a text that looks like "
        "something else.",
    ),
    "WM103": (
        "no-name",
        "An agent has no name.",
        "The name is its goal in the Makefile, its folder, and the word by which others read it.",
    ),
    "WM104": (
        "bad-value",
        "A value is of the right kind, but cannot be used.",
        "Names, words and commands are one line of plain text; durations are seconds or a text such "
        'as "30m"; sizes are bytes or a text such as "200k". The message says what is wanted.',
    ),
    "WM105": (
        "bad-name",
        "A name cannot be the name of an agent.",
        "A name is a target of make, a folder and a word of a shell: letters, digits, `_`, `-` and "
        "`.`, at most 100 of them, and none of the goals of the Makefile or the files in the agents' "
        "folder.",
    ),
    "WM107": (
        "same-name",
        "Two agents have the same name.",
        "They would share a folder and an answer. Rename one of them.",
    ),
    "WM108": (
        "same-but-for-case",
        "Two names differ only in upper and lower case.",
        "On some disks they would share a folder, and most readers would confuse them. Write the name in one "
        "way, or rename one of the agents.",
    ),
    "WM109": (
        "wave-without-agent",
        "A name in `waves` is not in `agents`.",
        "Correct its spelling, or add the agent with its task.",
    ),
    "WM110": (
        "agent-without-wave",
        "An agent is in no wave, though the plan has `waves`.",
        "Add it to a wave, or leave `waves` out: they follow from what the agents read.",
    ),
    "WM111": (
        "twice-in-waves",
        "An agent is in `waves` twice.",
        "Each agent runs once. Leave one of the two out.",
    ),
    "WM112": (
        "unknown-agent",
        "An agent reads or waits for one that is not in the plan.",
        "Correct its spelling. A file of that name is read as `./NAME`.",
    ),
    "WM113": (
        "needs-itself",
        "An agent reads its own answer, or waits for itself.",
        "It could never start. Leave the entry out.",
    ),
    "WM114": (
        "wave-too-early",
        "An agent needs one that is in the same wave or in a later one.",
        "Within a wave nothing is ordered. Move the agent to a later wave, or leave `waves` out: they "
        "follow from what the agents read.",
    ),
    "WM115": (
        "cycle",
        "Agents wait for each other.",
        "None of them could ever start. The message names the circle: one of them must do without the "
        "one before it. A file that exists already is no reason to wait for an agent downstream that "
        "writes it: the first reads it as it is, the second edits it, and agents that need the second "
        "read it after that. Which comes first is taken from the agents that `reads` and `depends_on` name.",
    ),
    "WM116": (
        "outside",
        "A path leaves the project.",
        "Paths are relative to the folder in which the plan is compiled, and stay below it.",
    ),
    "WM117": (
        "bad-path",
        "A path cannot be written in a Makefile.",
        "make has no way to quote `:`, `;`, `|`, `=`, `*`, `?`, `[`, a backslash or a line end in the "
        "name of a file. Rename the file.",
    ),
    "WM118": (
        "no-single-file",
        "A path that should be that of one file is something else.",
        "Folders are read as `folder/**`. Each entry of `outputs` names one file.",
    ),
    "WM119": (
        "untrusted",
        "A plan that is not trusted sets what could become a command or a permission, or reads a secret.",
        "With --untrusted, a plan may say what its agents do and in which order, and nothing that makes "
        "wavemake run something else. Hidden files are not read either.",
    ),
    "WM120": (
        "no-character",
        "A text contains something that is not a character.",
        "A NUL, or half of a surrogate pair, cannot be sent to an agent.",
    ),
    "WM121": (
        "unknown-runner",
        "There is no such runner.",
        "A runner says how an agent is called. The message names all that there are; any other program "
        "is run with `command`.",
    ),
    "WM122": (
        "command-and-runner",
        "`runner` contradicts another setting.",
        "The runner `command` needs a `command`, and other runners have none; `ollama` needs a `model`.",
    ),
    "WM123": (
        "two-writers",
        "Two agents name the same file in `outputs`.",
        "A file comes from one agent. Let one write it, and the other read it.",
    ),
    "WM124": (
        "context-from-agent",
        "`context` names an agent, or a file that an agent writes.",
        "Every agent is given what is in `context`, even one that runs before the file exists. Name it "
        "in the `reads` of those that need it.",
    ),
    "WM125": (
        "not-honoured",
        "A setting that the runner has no way to honour.",
        "Its CLI has no option for it, so that the setting would be ignored silently. The message "
        "names the runners that can; a runner of the plan's own says by which words it passes it on. "
        "What `defaults` say is not asked of agents with a `command`.",
    ),
    "WM126": (
        "unknown-pool",
        "There is no such pool.",
        "An agent runs in one of the plan's `pools`, each of which says how many of its agents run at "
        "once.",
    ),
    "WM160": (
        "bad-condition",
        "A condition of `when` cannot be used.",
        "A condition says one thing: that a line of an agent's answer matches (`agent`, `matches`), that a "
        "value of an answer that is JSON is there, equals something, or is above or below a number (`agent`, "
        "`json` and one of these), that a file exists (`file`), that a command succeeds (`command`), or "
        "`not`, `all` or `any` of such conditions.",
    ),
    "WM161": (
        "bad-loop",
        "A loop cannot be unrolled.",
        "A loop has `agents`, in the order of a pass, a condition `until`, and `max`, how many passes "
        "there are at most. Its agents are in one loop each and declare no `outputs`: a file comes from "
        "one agent. Pass 2 of `draft` is called `draft-2`, so that no other agent may be. A plan with "
        "loops has no `waves`.",
    ),
    "WM129": (
        "budget-without-costs",
        "A budget in dollars that could not be kept.",
        "The agent's CLI does not report what a run costs, so that the budget would count nothing for it. "
        "Say with `cost_usd` what a try counts for, 0 for a command that calls no model; or limit `tokens`, "
        "which more CLIs report.",
    ),
    "WM162": (
        "bad-item",
        "`for_each` of an agent cannot be used.",
        "`for_each` is a list of texts, numbers or objects, no two of them equal; or the files that match a "
        'pattern; or what another agent answers: `{"agent": "survey", "max": 50}`, with `file` if that agent '
        "writes the list to one of its `outputs`. A cell is named by its item: by `name` or `id` of an "
        "object. `{{item.key}}` must be in every item, and what stands in a path, a model or a check is one "
        "line. Conditions name agents without cells. A loop is of such agents, or of agents with the same "
        "items: then each item has a loop of its own. Cells that a run makes can have a judge and `retries` "
        "instead.",
    ),
    "WM164": (
        "over-a-bound",
        "A plan asks for more than it may.",
        "A plan that is not trusted has bounds: so many agents, cells of one, passes of a loop, so long a "
        "time limit, so large a prompt, and what all of it is likely to cost by earlier runs. Each has a "
        "flag that sets it, such as `--max-agents`; without `--untrusted`, those hold that are given.",
    ),
    "WM163": (
        "bad-answer-schema",
        "The `schema` of an answer is not JSON Schema, or says what cannot be checked.",
        "An answer is checked without Python when its agent is done, by the keywords that docs/checks.md "
        "lists. What would be passed over is an error, so that nobody relies on it: leave it out, or check "
        "it by a command.",
    ),
    "WM127": (
        "bad-runner",
        "A runner that the plan defines cannot be used.",
        "It has a name of its own and a `command`, the words of its command line. Where it gets the "
        "prompt as a file, one of the words has `{prompt}` in it.",
    ),
}
"""Errors: with any of them, the plan is not compiled."""

WARNINGS: Mapping[str, Rule] = {
    "WM140": (
        "no-workspace",
        "An agent is to have a workspace, and git cannot give it one.",
        "A workspace is a private checkout of the project. It needs git 2.38 or newer, and a repository "
        "with a working tree and a commit. Without one, the agent would have to work in the project "
        'itself, which is what `"workspace": "project"` asks for.',
    ),
    "WM142": (
        "no-edits-to-read",
        "An agent reads what another changed, and that one works in the project itself.",
        'Only the edits of an agent with `"workspace": "worktree"` are known apart from those of others. '
        "Give it a workspace, or read its answer.",
    ),
    "WM151": (
        "no-such-file",
        "An agent reads a file that does not exist.",
        "A rule of your own Makefile may make it; else make stops there. Patterns are expanded when the "
        "plan is compiled.",
    ),
    "WM152": (
        "no-task",
        "An agent has no task.",
        "It is asked to do what its name says, for the goal of the project. A task says what is wanted, "
        "and where it ends.",
    ),
    "WM153": (
        "reads-by-default",
        "An agent of a later wave declares no `reads`, and is given the whole wave before it.",
        "It may get too much, and is run again whenever any of it changes. Write what it reads, or `[]` "
        "for nothing.",
    ),
    "WM154": (
        "pool-without-agents",
        "No agent runs in a pool.",
        "It limits nothing. Add `pool` to the agents that it is for, or to `defaults`.",
    ),
    "WM155": (
        "nothing-to-tolerate",
        "An agent is to continue after a failure, and needs no other agent.",
        "`on_failure` is about what an agent needs, not about the agent itself.",
    ),
}
"""Warnings of the compiler itself."""
