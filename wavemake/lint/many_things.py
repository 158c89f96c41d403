"""An agent has three jobs or more.

## What it does
Looks for tasks whose orders are about three or more different fields of work, such as deployment, user
documentation and a data import, or that count up items that have nothing in common. The steps and the
details of one job are not counted, however many there are.

## Why is this bad?
When one of the jobs fails, all are done again, and paid for again. The answer is long, and those that
need a part of it are given all. Agents with one job each run side by side, and the plan says which of
them the others build on.

## Example
```json
{
  "agents": [
    {
      "name": "launch",
      "task": "Write the user manual, set up the CI pipeline, and design the landing page.",
      "reads": []
    }
  ]
}
```

## Use instead
```json
{
  "agents": [
    {"name": "user-manual", "task": "Write the user manual.", "reads": []},
    {"name": "ci-pipeline", "task": "Set up the CI pipeline.", "reads": []},
    {"name": "landing-page", "task": "Design the landing page.", "reads": []}
  ]
}
```
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from wavemake.lint.context import Context, Finding, Findings
from wavemake.lint.text import refuses, sentences

_ENOUGH = 3

# Fields of work, each with words, and pairs of words, that hardly belong to another.
_FIELDS = {
    "legal": "privacy gdpr dsgvo data_protection impact_assessment terms_of license licence licenses "
    "cookie_banner cookie_policy",
    "security": "pentest penetration threat_model security_audit security_review security_questionnaire "
    "hardware_key hardware_keys credentials secrets",
    "documentation": "manual documentation docs readme tutorial handbook changelog user_guide "
    "onboarding_guide release_note release_notes",
    "marketing": "press newsletter invitation pitch seo marketing landing_page blog_post social_media "
    "launch_mail launch_email launch_post",
    "monitoring": "monitoring dashboard dashboards alert alerts alerting grafana observability tracing",
    "deployment": "deploy deployment deployments docker dockerfile docker-compose helm kubernetes k8s ci "
    "ci/cd pipeline pipelines terraform hosting infrastructure",
    "testing": "test tests e2e coverage qa",
    "migration": "import_the import_all import_old import_existing old_database old_access data_import "
    "legacy_data migrate_the migrate_old migrate_existing",
    "access": "login log-in authentication auth sign-in sign-up signin signup permissions oauth sso account "
    "accounts role_concept role_model",
    "payment": "payment payments stripe billing invoice invoices invoicing checkout",
    "messages": "mail mails email emails e-mail e-mails notification notifications sms push",
    "analytics": "analytics tracking kpi kpis report reports statistics",
    "design": "logo brand branding wireframe wireframes mockup mockups mock-ups icon icons design_system "
    "color_palette colour_palette",
    "translation": "translate translation translations localisation localization i18n",
    "database": "database schema table tables sql migration migrations data_model",
    "backend": "backend back-end api apis endpoint endpoints server rest graphql",
    "frontend": "frontend front-end ui page pages screen screens component components css form forms menu "
    "settings",
    "people": "rota volunteers hiring training staff vendor vendors contract contracts",
    "media": "photo photos pictures video videos illustration illustrations podcast",
    "money": "budget grant grants tax bookkeeping funding",
    "event": "venue catering travel accommodation speakers",
    "slides": "slide slides presentation keynote",
    "print": "poster posters flyer flyers qr_code qr_codes print_files",
}
_FIELD = {
    tuple(word.split("_")): field for field, words in _FIELDS.items() for word in words.split()
}
_WORD = re.compile(r"[a-z0-9][a-z0-9/-]*")
_VERBS = (
    r"write|build|implement|create|design|develop|set up|add|import|migrate|translate|deploy|draft|prepare|"
    r"integrate|configure|document|test|make|produce|rotate|roll out|answer|evaluate|organi[sz]e|plan|"
    r"optimi[sz]e|refactor|fix|generate|research|publish|record|book|schedule|edit|order|negotiate|"
    r"train|hire|review|update|install|handle|manage|do|clean up|define|provide|launch|run"
)
_LEAD = (
    r"(?:and|then|also|additionally|finally|lastly|firstly|secondly|thirdly|next|furthermore|moreover|"
    r"in addition|besides(?: that)?|on top of that|as well as|please|while (?:you are|you're) at it)"
)
_ORDER = re.compile(rf"\s*(?:{_LEAD}[,:]?\s+)*(?P<verb>{_VERBS})\s+(?P<object>\S.*)", re.S)
_SPLIT = re.compile(r",\s+(?:and\s+)?|\s+and\s+(?:then\s+|also\s+)?|;\s+|\s+plus\s+")
_COUNTED = re.compile(
    r"\b(?:firstly|secondly|thirdly|fourthly|lastly)\b|\((?:[1-9]|[a-e]|i{1,3}|iv)\)\s"
)
_ALL_KINDS = re.compile(
    r"\b(?:several|various|different|multiple|unrelated|a number of) "
    r"(?:items|things|tasks|jobs|chores|topics)\b"
    r"|\b(?:leftovers|odds and ends|loose ends)\b",
)
# The head of a task whose listed parts are parts of one description.
_ABOUT = re.compile(
    r"\s*(?:review|audit|describe|list|compare|check|summari[sz]e|plan|assess|analy[sz]e|inventory|report|"
    r"research|propose|decide|investigate|verify|document|explain|outline|map|collect|find|"
    r"tests?|measure)\b"
)
_LIST = re.compile(r"(?P<head>(?:[^.:\n]|\.(?=\w)){0,120}):\s+(?P<items>[^.\n]+)")
_MAKES = re.compile(
    r"\b(?:build|implement|create|develop|set up|handle|do|make)\b.*\b(?:app|application|system|platform|"
    r"site|website|product|project|shop|service|game|tool|everything|all|whole|entire|complete)\b",
)


# Tests and documentation of a thing are part of making it.
_BELONG_TO_A_JOB = {"testing", "documentation"}
_SAME = re.compile(r"\b(?:it|them|its|their|each|this|these|those)\b")
_NARROWS = re.compile(
    r"\b(?:for|of|in|on|with|about|between|to|that|which|from|against|as|using)\b"
)
_THE = re.compile(r"\s*(?:and\s+)?(?:the|an?|all|our)\s")
_REST = re.compile(
    r"\s*(?:everything|anything|all|whatever)\b[^:]*\b(?:others?|else|remain\w*|left)\b"
)
_REST_NAME = re.compile(
    r"(?:\A|[-_.])(?:left-?overs?|misc\w*|rest|remaining|chores|various|odds-and-ends|and-co|etc|others?)"
    r"(?:[-_.]|\Z)",
)


def check(context: Context) -> Findings:
    """Yield each agent with several jobs."""
    for name, task in context.lower.items():
        jobs = _jobs(name.lower(), task) if _has_parts(task) else {}
        if len(jobs) < _ENOUGH:
            continue
        kinds = f": {_and(list(jobs))}" if all(job.isalpha() for job in jobs) else ""
        message = f"{name!r} has {_many(len(jobs))} jobs{kinds}"
        start, stop = next(iter(jobs.values()))
        yield Finding(
            name, message, context.words(name, start, stop), "give each an agent of its own"
        )


def _has_parts(task: str) -> bool:
    """A look at the signs alone: enough of what stands between the parts of a task is there."""
    return (
        sum(task.count(sign) for sign in (",", " and ", " plus ", ";", ". ", "\n")) >= _ENOUGH - 1
    )


def _has_fields(task: str) -> bool:
    return len(set(_fields_of(task, 0, len(task)))) >= _ENOUGH or bool(_REST.match(task))


def _jobs(name: str, task: str) -> dict[str, tuple[int, int]]:
    """What is to be done, by field of work or number, with the place of each; empty if it is one job."""
    for find in (_by_order, _by_list) if _has_fields(task) else ():
        found = find(task)
        if len(found) >= _ENOUGH and len(found.keys() - _BELONG_TO_A_JOB) > 1:
            return found
    counted = _by_count(task)
    if len(counted) < _ENOUGH and _REST_NAME.search(name):
        counted = _by_name(task)
    return counted


def _by_order(task: str) -> dict[str, tuple[int, int]]:
    """Orders, each with a verb or a part of a list: "create X, set up Y and write Z"."""
    found: dict[str, tuple[int, int]] = {}
    for start, stop in sentences(task):
        if _ABOUT.match(task, start) or refuses(task[start:stop]):
            continue
        goes_on = False
        for a, b in _parts(task, *_without_details(task, start, stop)):
            order = _ORDER.match(task, a, b)
            if order:
                goes_on = not _NARROWS.search(task, order.start("object"), b)
            if not (order or (goes_on and _THE.match(task, a))) or _SAME.search(task, a, b):
                continue
            field = _field(task, order.start("object") if order else a, min(b, a + 80))
            if field:
                found.setdefault(field, (order.start("verb") if order else a, b))
    return found


def _without_details(task: str, start: int, stop: int) -> tuple[int, int]:
    """The part of a sentence that gives orders: what follows a colon tells more about them."""
    colon = task.find(": ", start, stop)
    if colon < 0:
        return start, stop
    return (start, colon) if _ORDER.match(task, start, colon) else (colon + 1, stop)


def _by_list(task: str) -> dict[str, tuple[int, int]]:
    """Things to be made, in a list: "build the application: backend, frontend, deployment"."""
    match = _LIST.match(task)
    if not match:
        first = (sentences(task) or ((0, 0),))[0]
        about = _ABOUT.match(task) or _ORDER.match(task)
        return {} if about else _fields(task, *first)
    if _REST.match(match["head"]):
        return _numbered(_parts(task, *match.span("items")))
    if _ABOUT.match(task) or not _MAKES.search(match["head"]):
        return {}
    return _fields(task, *match.span("items"))


def _fields(task: str, start: int, stop: int) -> dict[str, tuple[int, int]]:
    """The items of a list by the field of work that each begins with."""
    found: dict[str, tuple[int, int]] = {}
    for a, b in _parts(task, start, stop):
        field = _field(task, a, min(b, a + 40))
        if field:
            found.setdefault(field, (a, b))
    return found


def _field(task: str, start: int, stop: int) -> str:
    """The first field of work that is named, or an empty string."""
    return next(_fields_of(task, start, stop), "")


def _fields_of(task: str, start: int, stop: int) -> Iterator[str]:
    words = [match.group() for match in _WORD.finditer(task, start, stop)]
    for word, after in zip_longest(words, words[1:], fillvalue=""):
        field = _FIELD.get((word, after)) or _FIELD.get((word,))
        if field:
            yield field


def _by_count(task: str) -> dict[str, tuple[int, int]]:
    """Items that are counted up, after the task has said that they are of all kinds."""
    return (
        _numbered(each.span() for each in _COUNTED.finditer(task))
        if _ALL_KINDS.search(task)
        else {}
    )


def _by_name(task: str) -> dict[str, tuple[int, int]]:
    """The orders of an agent whose name says that it does what is left."""
    return _numbered((a, b) for a, b in sentences(task) if _ORDER.match(task, a, b))


def _numbered(spans: Iterable[tuple[int, int]]) -> dict[str, tuple[int, int]]:
    return {f"{number}.": span for number, span in enumerate(spans, 1)}


def _parts(task: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    for cut in _SPLIT.finditer(task, start, stop):
        yield start, cut.start()
        start = cut.end()
    yield start, stop


def _many(count: int) -> str:
    return {3: "three", 4: "four", 5: "five"}.get(count, str(count))


def _and(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"
