"""status.json and events.jsonl are JSON in UTF-8, whatever a CLI prints of itself."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.harness import absent, examples
from tests.test_matrix import SHELLS
from wavemake.runs.link import link

# As agent.sh ends an attempt that has failed: what the envelope said, its costs, the reason.
SCRIPT = """
set -u
wm_nl='
'
wm_blanks=$IFS wm_here=runtime wm_dir=agents wm_agent=a wm_me=agents/a wm_try=agents/a/.try
wm_wave=1 wm_total=1
wm_run=1-1 wm_runner=claude wm_quiet=1 wm_voice=2 wm_ended=0 wm_started='' wm_began=0 wm_tries=$1
wm_judged=0 wm_billed=0 wm_edits='' wm_saved='' wm_noted='' wm_bill=''
wm_private=none wm_account='' wm_budgets='' wm_price='' wm_waited='' wm_hit='' wm_traced=''
. runtime/own.sh
. runtime/clock.sh
. runtime/progress.sh
. runtime/settled.sh
. runtime/status.sh
. runtime/ending.sh
wm_model=$(cat model; echo .) && wm_model=${wm_model%.}
wm_reason=$(cat reason; echo .) && wm_reason=${wm_reason%.}
add_costs
[ "$wm_tries" = 1 ] || add_costs
settle_status failed "$wm_reason"
restate asked "$wm_reason"
echo whole
"""
NUMBERS = st.text("0123456789.eE+-", max_size=8)
ODD = (
    *(
        b'"',
        b"\\",
        b"\x1b[31m",
        b"\xff\xfe",
        b"\xe2\x82",
        b"\n",
        b"a\r\nb",
        b'","state":"done',
        b"-n",
    ),
    *("\u2028 \u202e \x85".encode(), b"\\c", b"%s%n", b"'", b"$(touch pwned)", b"\xed\xa0\x80"),
)
TEXTS = st.binary(max_size=60) | st.sampled_from(ODD)


def lines_of(numbers: dict[str, str], texts: dict[str, bytes]) -> bytes:
    """What an envelope prints, a word and a value on a line each."""
    reported = [f"{word} {value}".encode() for word, value in numbers.items()]
    reported += [word.encode() + b" " + text for word, text in texts.items()]
    return b"error x\n" + b"".join(each.replace(b"\0", b"") + b"\n" for each in reported)


def settle(folder: pathlib.Path, shell: list[str], tries: int) -> tuple[dict[str, Any], list[Any]]:
    """Run the script; return the status and the events, both read as strictly as they can be."""
    for name in ("status.json", "../events.jsonl"):
        (folder / "agents/a" / name).unlink(missing_ok=True)
    done = subprocess.run(
        [*shell, "-c", SCRIPT, "sh", str(tries)],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.endswith(b"whole\n"), done.stderr

    def strictly(data: bytes) -> Any:
        def refuse(word: str) -> None:
            raise ValueError(word)

        return json.loads(data.decode("utf-8"), parse_constant=refuse)

    status = (folder / "agents/a/status.json").read_bytes()
    events = (folder / "agents/events.jsonl").read_bytes()
    assert status.count(b"\n") == 2
    return strictly(status), [strictly(line) for line in events.split(b"\n")[:-1]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    top = tmp_path_factory.mktemp("status")
    (top / "agents/a/.try").mkdir(parents=True)
    (top / "agents/runs").mkdir()
    (top / "runtime").mkdir()
    for name in (
        "own.sh",
        "clock.sh",
        "progress.sh",
        "settled.sh",
        "status.sh",
        "ending.sh",
        "lib.awk",
    ):
        (top / "runtime" / name).write_text(link(name), encoding="utf-8")
    return top


@settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    numbers=st.dictionaries(
        st.sampled_from(
            ["cost", "tokens_in", "tokens_out", "cache_read", "cache_write", "cache_saved", "turns"]
        ),
        NUMBERS,
    ),
    texts=st.dictionaries(st.sampled_from(["session", "model", "api", "class", "other"]), TEXTS),
    model=TEXTS,
    reason=TEXTS,
    tries=st.sampled_from([1, 2]),
    shell=st.sampled_from([SHELLS[name] for name in ("dash", "bash", "mksh")]),
)
def test_whatever_a_cli_says(
    folder: pathlib.Path,
    numbers: dict[str, str],
    texts: dict[str, bytes],
    model: bytes,
    reason: bytes,
    tries: int,
    shell: list[str],
) -> None:
    shutil.which(shell[0]) or absent(shell[0])
    (folder / "agents/a/.try/verdict").write_bytes(lines_of(numbers, texts))
    (folder / "model").write_bytes(model.replace(b"\0", b"").replace(b"\n", b" "))
    (folder / "reason").write_bytes(reason.replace(b"\0", b""))
    status, events = settle(folder, shell, tries)
    assert (status["agent"], status["state"]) == ("a", "asked")
    assert all(each["event"] == "end" for each in events)
    assert not (folder / "pwned").exists()
    for word in numbers:
        assert isinstance(status.get(word, 0), int | float)


def test_what_is_plain_arrives_as_it_is(folder: pathlib.Path) -> None:
    said = {"session": b'a "b" \\ c', "model": "größe".encode()}
    (folder / "agents/a/.try/verdict").write_bytes(lines_of({"cost": "1.5e-3"}, said))
    (folder / "model").write_bytes(b"opus\\4")
    (folder / "reason").write_bytes(b'it said "no"\tand \x1b[31mleft')
    status, _ = settle(folder, ["dash"], 1)
    assert (status["session"], status["answered_by"]) == ('a "b" \\ c', "größe")
    assert (status["model"], status["cost"]) == ("opus\\4", 0.0015)
    assert status["reason"].startswith('it said "no" and ')
    assert "\x1b" not in status["reason"]
