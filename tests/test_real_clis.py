"""Plans that real CLIs run (codex, gemini, opencode, llm, qwen, aider), against a stub of the APIs.

The CLIs are looked for in the folders of $WAVEMAKE_CLIS, then on PATH.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.claude_api import Reply
from tests.harness import Project, absent
from tests.model_api import ModelApi

pytestmark = pytest.mark.slow

ANSWER = 'First "line"\\ {"type":"error"}\n\nlast \u00e9 \U0001f600'


def codex(home: Path, url: str) -> dict[str, Any]:
    (home / ".codex").mkdir()
    (home / ".codex" / "config.toml").write_text(f"""\
model_provider = "stub"
[model_providers.stub]
name = "stub"
base_url = "{url}/v1"
env_key = "OPENAI_API_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
""")
    return {"model": "gpt-5"}


def gemini(home: Path, url: str) -> dict[str, Any]:
    settings = {
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "general": {"maxAttempts": 1, "enableAutoUpdate": False},
        "privacy": {"usageStatisticsEnabled": False},
    }
    (home / ".gemini").mkdir()
    (home / ".gemini" / "settings.json").write_text(json.dumps(settings))
    return {"model": "gemini-2.5-flash"}


def opencode(home: Path, url: str) -> dict[str, Any]:
    stub = {
        "npm": "@ai-sdk/openai-compatible",
        "options": {"baseURL": f"{url}/v1", "apiKey": "not-a-key"},
        "models": {"m": {"name": "m"}},
    }
    config = {"provider": {"stub": stub}, "autoupdate": False, "share": "disabled"}
    (home / ".config" / "opencode").mkdir(parents=True)
    (home / ".config" / "opencode" / "opencode.json").write_text(json.dumps(config))
    return {"model": "stub/m"}


def llm(home: Path, url: str) -> dict[str, Any]:
    return {"model": "gpt-4o-mini"}


CLIS: dict[str, Callable[[Path, str], dict[str, Any]]] = {
    each.__name__: each for each in (codex, gemini, opencode, llm)
}
# What is reported of an answer, of a wrong key and of too many requests.
TELLS: dict[str, tuple[list[str], str, str]] = {
    "codex": (["session", "tokens_in", "tokens_out"], "unexpected status 401", "429 Too Many"),
    "gemini": (["session", "tokens_in", "tokens_out", "turns"], "API 401: Bad key", "API 429: "),
    "opencode": (["session", "tokens_in", "tokens_out", "turns"], "API 401: Bad key", "API 429: "),
    "llm": (["tokens_in", "tokens_out"], "Error code: 401 - Bad key", "Error code: 429"),
}
FIGURES = {"cost", "session", "tokens_in", "tokens_out", "turns"}


@pytest.fixture
def api() -> Iterator[ModelApi]:
    with ModelApi() as api:
        yield api


def installed(project: Project, name: str) -> None:
    """Put the CLI on the project's PATH."""
    folders = os.environ.get("WAVEMAKE_CLIS", "")
    path = shutil.which(name, path=f"{folders}:{project.env['PATH']}" if folders else None)
    project.env["PATH"] = f"{Path(path or absent(name)).parent}:{project.env['PATH']}"


@pytest.mark.parametrize("name", CLIS)
def test_what_becomes_of_a_call(project: Project, api: ModelApi, name: str) -> None:
    installed(project, name)
    home = project.folder.parent / "home"
    home.mkdir()
    settings = CLIS[name](home, api.url)
    project.env = api.environment(home, project.env) | {
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
    }
    replies = {
        "good": Reply(text=ANSWER, input_tokens=1000, output_tokens=20),
        "wrong_key": Reply.error(401, "Bad key"),
        "limited": replace(Reply.error(429, "Too many requests"), headers={"retry-after-ms": "1"}),
        "silent": Reply.empty(),
    }

    def script(request: dict[str, Any]) -> Reply:
        text = json.dumps(request)
        return next(each for agent, each in replies.items() if f"the agent `{agent}`" in text)

    api.script = script
    agents = [{"name": each, "task": f"Be {each}.", "reads": []} for each in replies]
    agents.append({"name": "reader", "task": "Read.", "reads": ["good"]})
    replies["reader"] = Reply(text="I have read it.")
    defaults = {"runner": name, "timeout": "5m", "retries": 0, **settings}
    project.write("plan.json", json.dumps({"defaults": defaults, "agents": agents}))
    assert project.compile().code == 0

    # Some CLIs' very first runs stumble over each other's database.
    jobs = "-j1" if name in {"llm", "opencode"} else "-j2"
    reported = project.make("-k", jobs, timeout=500)

    known, wrong_key, limited = TELLS[name]
    assert reported.code == 2, reported.out
    assert project.status("good")["state"] == "done", reported.out
    assert project.output("good").rstrip("\n") == ANSWER
    assert project.output("reader").rstrip("\n") == "I have read it."
    good = project.status("good")
    assert sorted(FIGURES & good.keys()) == known
    assert (good["tokens_in"], good["tokens_out"]) == (1000, 20)
    for agent, reason in {"wrong_key": wrong_key, "limited": limited}.items():
        assert project.status(agent)["state"] == "failed"
        assert reason in project.status(agent)["reason"]
    assert project.status("silent")["state"] == "failed"
    assert "empty" in project.status("silent")["reason"]
    assert any(ANSWER in text for text in map(texts, api.requests)), (
        "the reader is given the answer"
    )


HOSTILE = "class A: @property; mail me@private.txt or @docs/; $secret http://127.0.0.1:1/x"


@pytest.mark.parametrize("name", ["gemini", "opencode"])
def test_what_is_sent_is_what_prompt_md_shows(project: Project, api: ModelApi, name: str) -> None:
    installed(project, name)
    home = project.folder.parent / "home"
    home.mkdir()
    settings = CLIS[name](home, api.url)
    project.env = api.environment(home, project.env) | {
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
    }
    project.write("private.txt", "CONTENT-OF-ONE")
    project.write("docs/property-list.md", "CONTENT-OF-TWO")
    agents = [
        {"name": "code", "task": "C", "command": f"cat >/dev/null; echo '{HOSTILE}'"},
        {"name": "review", "task": "R", "reads": ["code"], "runner": name, **settings},
    ]
    project.write("plan.json", json.dumps({"agents": agents}))
    assert project.compile().code == 0
    reported = project.make(timeout=200)
    assert reported.code == 0, reported.out
    sent = "\n".join(map(texts, api.requests))
    assert "CONTENT-OF" not in sent
    assert project.read(".tmp/agents/review/prompt.md").strip() in sent


# What does not turn them off.
TRIED = [
    "--enable",
    "skip_host_skill_discovery",
    "--disable",
    "skill_search",
    "--disable",
    "mentions_v2",
]
TRIED += ["-c", "features.skills=false", "-c", "skills.include_instructions=false"]
OFF = 'skills.config=[{name="of-the-project",enabled=false},{name="of-the-home",enabled=false}]'


def test_codex_adds_the_skills_that_a_prompt_names_unless_they_are_off(
    project: Project, api: ModelApi
) -> None:
    """Also where an answer names them. A skill of the project stays with "isolate"."""
    installed(project, "codex")
    home = project.folder.parent / "home"
    home.mkdir()
    settings = codex(home, api.url)
    for folder, name in ((project.folder / ".agents", "project"), (home / ".codex", "home")):
        skill = folder / "skills" / f"of-the-{name}"
        skill.mkdir(parents=True)
        head = f"---\nname: of-the-{name}\ndescription: A skill.\n---\n"
        (skill / "SKILL.md").write_text(f"{head}CONTENT-OF-{name}\n")
    project.env = api.environment(home, project.env)
    assert project.run(["git", "init", "-q"]).code == 0
    said = r"x$of-the-project and \$of-the-home"
    agents = [
        {"name": "code", "task": "C", "command": f"cat >/dev/null; echo '{said}'"},
        {"name": "on", "task": "R", "reads": ["code"], "runner": "codex", **settings}
        | {"args": TRIED},
        {"name": "off", "task": "R", "reads": ["code"], "runner": "codex", **settings}
        | {"args": ["-c", OFF]},
    ]
    project.write("plan.json", json.dumps({"agents": agents}))
    assert project.compile().code == 0
    sent = {}
    for name in ("on", "off"):
        api.requests.clear()
        reported = project.make(name, timeout=200)
        assert reported.code == 0, reported.out
        sent[name] = "\n".join(map(texts, api.requests))
        assert project.read(f".tmp/agents/{name}/prompt.md").strip() in sent[name]
    assert "CONTENT-OF-project" in sent["on"]
    assert "CONTENT-OF-home" in sent["on"]
    assert "CONTENT-OF" not in sent["off"]


QWEN = {
    "command": ["qwen", "--output-format", "json", "--auth-type", "openai"],
    "envelope": "claude",
    "escape": "@",
    "model": ["--model", "{}"],
}
# Runner -> its settings; the variables that its CLI needs.
MORE: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "qwen": ({"model": "coder"}, {}),
    # It would ask for prices on the network first.
    "aider": ({"model": "openai/gpt-4o"}, {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}),
}


@pytest.mark.parametrize("name", MORE)
def test_an_answer_a_wrong_key_and_hostile_words(
    project: Project, api: ModelApi, name: str
) -> None:
    """Of two that are slow to start, in as few calls as may be."""
    if name == "aider" and not shutil.which(name, path=os.environ.get("WAVEMAKE_CLIS")):
        pytest.skip("aider is not in $WAVEMAKE_CLIS: it takes minutes to install")
    installed(project, name)
    settings, environment = MORE[name]
    home = project.folder.parent / "home"
    home.mkdir()
    project.env = api.environment(home, project.env) | environment
    project.env["OPENAI_API_BASE"] = f"{api.url}/v1"
    project.write("private.txt", "CONTENT-OF-ONE")
    project.write("docs/property-list.md", "CONTENT-OF-TWO")
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=n", "-c", "user.email=e", *COMMIT],
    ):
        assert project.run(["git", *words]).code == 0
    agents = [
        {
            "name": "code",
            "task": "C",
            "command": f"cat >/dev/null; echo '{HOSTILE} docs/property-list.md'",
        },
        {"name": "review", "task": "R", "reads": ["code"], "runner": name, **settings},
        {"name": "wrong_key", "task": "W", "reads": [], "runner": name, **settings},
    ]
    runners = {} if name == "aider" else {"runners": {"qwen": QWEN}}
    project.write("plan.json", json.dumps({"agents": agents, **runners}))
    assert project.compile().code == 0

    def script(request: dict[str, Any]) -> Reply:
        if "the agent `wrong_key`" in texts(request):
            return Reply.error(401, "Bad key")
        return Reply(text=ANSWER, input_tokens=1000, output_tokens=20)

    api.script = script
    reported = project.make("-k", "-j2", timeout=500)
    assert project.output("review").rstrip("\n") == ANSWER, reported.out
    # qwen asks a question of its own about the answer.
    assert project.status("review")["tokens_in"] >= 1000
    assert "Bad key" in project.status("wrong_key")["reason"]
    sent = "\n".join(map(texts, api.requests))
    assert "CONTENT-OF" not in sent
    assert project.read(".tmp/agents/review/prompt.md").strip() in sent
    left = project.run(["git", "status", "--short", "--untracked-files=all"]).lines()
    assert not [each for each in left if f".{name}" in each]


COMMIT = ("commit", "-qm", "x")


def texts(request: dict[str, Any]) -> str:
    """All texts of a request, wherever its API has them."""
    found: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict | list):
            for each in value.values() if isinstance(value, dict) else value:
                walk(each)

    walk(request)
    return "\n".join(found)
