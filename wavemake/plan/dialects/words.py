"""The words of other people's plans: one table a question, and how a shape is recognised by them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from wavemake.plan.model import shown


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Keys as `plain` normalizes them: dependsOn, depends_on and depends-on are the same.
READS = _words(
    "reads dependson dependencies dep deps depends needs blockedby dependenttaskids dependencyids "
    "waitsfor predecessors"
)
SOMETIMES_READS = _words(
    "requires prerequisites prerequisite prereqs prereq after runafter startafter mustfollow "
    "inputs input inputfiles inputfrom inputsfrom consumes receives"
)
"""These are prose in some plans: they count as dependencies where they name nothing but items."""
INPUTS = _words("inputs inputfiles")
"""Those of them that may also name files."""
STRONG = _words(
    "task prompt objective instruction instructions claudeprompt prompttemplate instructiontemplate"
)
TEXTS = STRONG | _words("goal description action content body userstory query")
TITLES = ("title", "name", "subject", "summary")
IDS = ("id", "taskid")
AGENT_NAME = "agentname"
"""What an item is called that has no other name; else this says who does the work."""
SECTIONS: Mapping[str, str] = {
    "details": "",
    "role": "Role",
    "agent": "Role",
    "agentid": "Role",
    "agenttype": "Role",
    "agentrole": "Role",
    "subagenttype": "Role",
    "persona": "Role",
    "assignedagent": "Role",
    "scope": "Scope",
    "filescope": "Files",
    "files": "Files",
    "filestomodify": "Files to change",
    "filestochange": "Files to change",
    "filestocreate": "Files to create",
    "args": "Arguments",
    "constraints": "Constraints",
    "steps": "Steps",
    "outputformat": "Output format",
    "expectedoutput": "Expected output",
    "deliverables": "Deliverables",
    "acceptance": "Acceptance criteria",
    "acceptancecriteria": "Acceptance criteria",
    "successcriteria": "Acceptance criteria",
    "teststrategy": "How it is tested",
    "notes": "Notes",
}
"""The heading under which a key stands in the task; of any other key, its own words are the heading."""

SKILLS = ("skill", "skills")
SUBTASKS = ("subtasks",)
CONDITIONS = _words("when if condition conditions onlyif runif skipif unless")
"""What decides whether something runs at all."""
NEGATED = _words("skipif unless")
"""Those of them that say when it does not run."""
LOOPS = _words("loop until foreach repeat repeatuntil iterate maxiterations")
"""What decides how often something runs."""
RULES_OF_START = _words("triggerrule joinmode join")
GATES = _words(
    "approval approvalrequired requiresapproval requireapproval needsapproval humanapproval gate "
    "approvalgate humanreview requireshumanreview humanintheloop hitl manual manualapproval "
    "checkpoint humangate waitforapproval needsreview cancel"
)
"""What somebody has to say yes to."""
KINDS_OF_GATE = _words(
    "approval gate human humangate humanapproval humanreview manual manualapproval checkpoint hitl "
    "confirm confirmation block userapproval"
)
COMMANDS = ("bash", "shell", "script", "run", "command")
OUTPUTS = ("outputfile",)

STATES = ("passes", "done", "completed", "checked", "finished")
STATUS = ("status", "state")
_DONE = _words(
    "done completed complete closed finished resolved passed passing merged succeeded success"
)
_NOT_TO_DO = _words(
    "cancelled canceled deferred skipped wontfix wontdo abandoned tombstone obsolete archived dropped "
    "descoped postponed duplicate removed superseded optional"
)

BOOKKEEPING = _words(
    "status state priority created createdat createdby createddate creationdate updated updatedat "
    "updatedby modified modifiedat completedat completedby completeddate closedat closereason "
    "finishedat startedat started lastupdated lastmodified timestamp date due duedate deadline "
    "startdate enddate estimate estimates estimated estimatedtime estimatedhours estimatedminutes "
    "estimatedduration estimatedeffort estimatedcomplexity estimatedtokens esttime effort hours "
    "minutes duration complexity complexityscore difficulty storypoints points size weight version "
    "schema schemaversion index position order sequence rank number step phase wave sprint milestone "
    "epic parent parentid level type kind issuetype tags tag labels label owner assignee "
    "assigneduser reporter author creator metadata meta color colour icon url uri link links href "
    "externalref externalid githubissue githubissuenumber issuenumber pr prnumber commit commits "
    "commithash branch branchname sourcerepo repo uuid uid guid hash checksum activeform progress "
    "percent percentcomplete iscritical critical parallel parallelsafe parallelizable canparallel "
    "parallelgroup recommendedsubtasks expansionprompt sessionid runid attempts attempt retrycount "
    "history log logs comments commentcount dependentcount dependencycount compactionlevel "
    "originalsize $schema totaltasks totalfeatures totalstories total count counts stats statistics "
    "generatedat generatedby generator generated lastrun currenttag framework process verbose "
    "allowdelegation cache memory workflowtype tasktype"
)
"""What keeps a plan in order and says nothing to who does the work."""

SETTINGS = _words(
    "llm provider functioncallingllm maxiter maxrpm maxexecutiontime timeout idletimeout retry retries "
    "maxretries maxturns temperature maxtokens topp reasoningeffort thinking allowedtools deniedtools "
    "tools mcp mcpservers hooks settings config configuration env environment permissions "
    "permissionmode workingdirectory cwd freshcontext asyncexecution concurrency maxconcurrency "
    "maxparallel modelconfig runtime sandbox"
)
"""How another tool runs its agents: not ours to follow, and named in a warning."""

HEAD_CONTENT = _words(
    "constraints rules decisions conventions techstack stack technologies architecture context "
    "guidelines principles definitionofdone acceptance acceptancecriteria successcriteria "
    "qualitygates quality finalacceptance verification verificationstrategy qaacceptance nongoals "
    "outofscope scope requirements assumptions overview background instructions notes standards "
    "policies globalrules analysisresult designdecisions goals"
)
"""What a plan says to all of its agents."""

# Keys of a plan of agents that lists of things to do, of packages or of bars in a chart do not
# have.
EVIDENCE = _words(
    "constraints outputformat filescope acceptance acceptancecriteria successcriteria teststrategy "
    "expectedoutput implementationguide verificationcriteria filestomodify filestocreate passes verification"
)
# Keys of a chart, a calendar, a data set or a list of packages that no plan of agents has.
_CHART = _words("start end startdate enddate progress")
_DATA = _words(
    "expected answer answers canonicalsolution groundtruth reference referenceanswer gold solution "
    "suite benchmark score scores label output completion rubric choices difficulty"
)
_FILE = re.compile(r"[^\s/]+(/[^\s/]+)*\.[A-Za-z]\w{0,7}")
_ANSWER = re.compile(r"(?:.*/)?([^/]+)/output\.md")
_NUMBER = re.compile(r"-?\d+(\.\d+)*\Z")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\x00-\x7f]+")


@lru_cache(maxsize=4096)
def plain(key: str) -> str:
    """Return a key without its underscores, hyphens, blanks and capitals.

    >>> plain("depends_on"), plain("dependsOn"), plain("Depends-On")
    ('dependson', 'dependson', 'dependson')
    """
    return key.replace("_", "").replace("-", "").replace(" ", "").lower()


@lru_cache(maxsize=4096)
def heading(key: str) -> str:
    """Return the heading that a key makes.

    >>> heading("implementationGuide"), heading("files_to_modify"), heading("APIVersion")
    ('Implementation guide', 'Files to modify', 'API version')
    """
    words = [
        word if word.isupper() and len(word) > 1 else word.lower() for word in _PART.findall(key)
    ]
    text = " ".join(words) or key.strip()
    return text[:1].upper() + text[1:]


def kind(value: Any) -> str:
    """Return what sort of value this is, as it is called in a message."""
    names: dict[type, str] = {
        type(None): "null",
        bool: "a boolean",
        int: "a number",
        float: "a number",
        dict: "an object",
        list: "a list",
        str: "a text",
    }
    return names[type(value)]


def is_id(value: Any) -> bool:
    """Tell whether a value can be an id: a text that is not blank, or a number."""
    if isinstance(value, str):
        return bool(value.strip())
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_number(text: str) -> bool:
    """Tell whether an id is a number, such as 7 or 2.1."""
    return bool(_NUMBER.match(text))


def answered_by(ref: str) -> str:
    """Return whose answer is at the path `ref`; anything else names an item itself.

    >>> answered_by(".tmp/agents/db/output.md"), answered_by("db")
    ('db', 'db')
    """
    found = _ANSWER.fullmatch(ref)
    return found[1] if found else ref


def is_file(ref: Any) -> bool:
    """Tell whether a text looks like the path of a file.

    >>> [is_file(each) for each in ("docs/notes.md", "application/json", "the tables", "v1.2")]
    [True, False, False, False]
    """
    return isinstance(ref, str) and bool(_FILE.fullmatch(ref.strip()))


def is_blank(value: Any) -> bool:
    """Tell whether a value says nothing: null, or an empty text, list or object."""
    if not value:
        return value is None or isinstance(value, (str, list, dict))
    return isinstance(value, str) and value.isspace()


def is_saying(value: Any) -> bool:
    """Tell whether there are words in a value, and not only numbers, or yes and no."""
    if isinstance(value, str):
        return value[:1].isalpha() or any(map(str.isalpha, value))
    if isinstance(value, list):
        return any(map(is_saying, value))
    return isinstance(value, dict) and not is_blank(value)


def some(words: Iterable[str], most: int | None = 3) -> str:
    """Return the first of the words as a message lists them, and how many more there are."""
    known = list(words)
    most = len(known) if most is None else most
    more = len(known) - most
    return ", ".join(map(shown, known[:most])) + (f" and {more} more" if more > 0 else "")


def state_of(word: str) -> str:
    """Return what a status says: `done`, `left out`, or nothing."""
    word = plain(word.strip())
    return "left out" if word in _NOT_TO_DO else "done" if word in _DONE else ""


# --- how a shape is recognised ---


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list, or those that a mapping names.

    None, if it is neither, or holds mostly something else.
    """
    values = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(values, list):
        return []
    found = [each for each in values if isinstance(each, dict)]
    return found if 2 * len(found) > len(values) else []


def listed(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list alone."""
    return objects(value) if isinstance(value, list) else []


def described(found: Iterable[Mapping[str, Any]], texts: Iterable[str]) -> bool:
    """Tell whether most of the objects have an id and one of the words `texts`."""
    wanted = frozenset(texts)
    votes = [1 if _is_described(each, wanted) else -1 for each in found]
    return sum(votes) > 0


def _is_described(value: Mapping[str, Any], texts: frozenset[str]) -> bool:
    words = {plain(key) for key, each in value.items() if not is_blank(each)}
    return bool(words & {*IDS, *TITLES, AGENT_NAME, "description"}) and bool(words & texts)


def words_of(found: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return all keys of the objects."""
    return {plain(key) for each in found for key in each}


def depends(found: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether any of the objects can name others that it depends on."""
    return any(
        plain(key) in READS and isinstance(value, (list, str, int))
        for each in found
        for key, value in each.items()
    )


def numbered(found: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether the objects have numbers for ids."""
    ids = [next((each[key] for key in each if plain(key) in IDS), "") for each in found]
    return bool(ids) and all(is_number(str(each)) for each in ids)


def evident(found: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether the objects say what only a plan of agents says."""
    found = list(found)
    words = words_of(found)
    if words & _CHART:
        return False
    return depends(found) or (bool(words & EVIDENCE) and not words & _DATA)


def is_crew(found: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether most of the objects say what is expected of them, as the tasks of a crew do."""
    found = list(found)
    count = sum(any(plain(key) == "expectedoutput" for key in each) for each in found)
    return 2 * count > len(found)
