"""What the runtime may not use: macOS (bash 3.2, make 3.81, BSD tools, no /proc) and other shells lack it.

No package registry has macOS' shell: the sources are searched for what would meet its faults.
"""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pytest

from tests.harness import REPOSITORY
from tests.test_environment import code
from wavemake.runs.link import link

RUNTIME = REPOSITORY / "templates" / "runtime"
SCRIPTS = sorted(RUNTIME.glob("*.sh"))
NOBODY: Mapping[str, str] = {}
# Where a command begins.
FIRST = r"(?:^|[|;&({]|\b(?:then|do|else|exec)\b)[ \t]*"


class Rule(NamedTuple):
    """A pattern that no line may have, why, and the files that may all the same, each with its reason."""

    pattern: str
    reason: str
    allowed: Mapping[str, str] = NOBODY


COMMANDS = (
    Rule(
        r"\b(?:printenv|flock|seq|tac|nproc|realpath|pgrep|pkill|shuf)\b",
        "macOS or Debian's busybox lacks it",
    ),
    Rule(FIRST + r"(?:timeout|readlink -|mktemp|hostname -|tput|od|xxd|bc|dc) ", "not everywhere"),
    Rule(r"\bsetsid\b", "macOS has none", dict.fromkeys(["attempt.sh", "end.sh"], "perl has one")),
    Rule(
        r"\bsha256sum\b",
        "macOS has shasum",
        dict.fromkeys(
            ["agent.sh", "approve.sh", "audit.sh", "plan.sh", "states.sh", "summary.sh"],
            "asks which of the two is there",
        ),
    ),
    Rule(r"\bstat -", "its options differ", {"dead.sh": "GNU's, BSD's or perl's"}),
    Rule(
        r"(?<!^wm_proc=\$\{WAVEMAKE_PROC:-)/proc/",
        "macOS and FreeBSD have none: $wm_proc, with another way",
    ),
    Rule(
        r"\bps -(?!o args= -p )", "busybox and BSD know other options", {"sweep.sh": "tries both"}
    ),
    Rule(
        r"\bdate (?!\+%s\))",
        "only +%s is understood everywhere",
        {"limit.sh": "POSIX's conversions of now; GNU's and BSD's way to show another time"},
    ),
    Rule(r"\btouch (?:-[a-z]* )*-d\b", "GNU's: -t and -r are everywhere"),
    Rule(r"\bsed (?:-n )?-[iErsz]\b", "GNU's, or another thing in BSD"),
    Rule(r"\bgrep (?:-[a-z]+ )*-[a-z]*[oPrzA-D]", "not POSIX"),
    Rule(
        r"\bfind\b.* -(?:printf|maxdepth|mindepth|print0|delete|quit|regex|newermt)\b", "not POSIX"
    ),
    Rule(
        r"\bfind\b.* -newer\b",
        "busybox compares whole seconds: ask a shell whether it is not older (-ot)",
    ),
    Rule(r"\bxargs -[rd]", "not POSIX"),
    Rule(r"\b(?:head|tail) -[0-9]", "not POSIX: -n"),
    Rule(r"\bhead -c\b", "not POSIX", {"ssh.sh": "macOS, the BSDs and busybox have it as well"}),
    Rule(
        FIRST + r"(?:cp|mv|ln|rm|mkdir|touch|cut|sort|wc|tr|cat|ls) (?:-\w+ )*--[a-z]",
        "GNU's long options",
    ),
    Rule(r"\b(?:cp -[a-z]*[aT]|mv -[a-z]*[tTn]|ln -[a-z]*[Tr]|sort -[a-z]*[VRhz])\b", "GNU's"),
    Rule(r"\becho -[a-zA-Z]", "some print the option: printf"),
    Rule(
        r"""\becho (?:"[^"]*\\|-"?(?:$| ))""",
        "some expand backslashes, and zsh takes - for an option: printf",
    ),
)
SYNTAX = (
    Rule(
        r"\$\{!",
        "bash 3.2 takes $! for unset, default or not, while there is no background job: last_job",
    ),
    Rule(
        r"\$!(?!\$)",
        "unset in bash 3.2 before there is a background job",
        {
            "agent.sh": "within last_job",
            "attempt.sh": "right after a background job",
            "again.sh": "right after a background job",
            "cells.sh": "right after a background job",
            "end.sh": "right after a background job",
            "run.sh": "right after a background job",
        },
    ),
    Rule(
        r"\$\{\w+(?:##?|%%?)[^}\"']*[()]", "mksh and ksh93 cannot parse it: quote the parenthesis"
    ),
    Rule(
        r"\$\((?!\()[^)]*\bcase\b",
        "bash 3.2 ends the substitution at the first pattern's parenthesis",
    ),
    Rule(
        r" -nt ",
        "whole seconds in busybox and bash 3.2: asked with -ot, an equal time counts as an edit",
        {"audit.sh": "about what make, too, would take for newer, and about times still to come"},
    ),
    Rule(
        r"\bulimit (?!-t |-v |-c 0$|-f \$\(\(wm_cap / 1024\)\))",
        "its unit is 512 or 1,024 bytes: what passes must fit either",
    ),
    Rule(
        r"2>/dev/null +<",
        "some tell of a file that is not there first: { command <FILE; } 2>/dev/null",
    ),
    Rule(r"\[\[|\b(?:local|function|declare|typeset|source|select|coproc)\b [\w\"$]", "not POSIX"),
    Rule(r"\[ [^\]]* == ", "not POSIX: ="),
    Rule(r"<\(|>\(|&>|\|&|<<<|(?<![\"\\])\$'|\$\(<", "not POSIX"),
    Rule(r"\$\{\w+(?:,|\^|/|:[^-+=?])", "not POSIX"),
    Rule(
        r"\bread -[^r]|\bprintf -v|\btrap .*\b(?:ERR|DEBUG|RETURN|EXIT)\b",
        "not POSIX, or not the same in all",
        dict.fromkeys(
            ["approve.sh", "clean.sh", "ssh.sh"],
            "EXIT, beside traps for the signals: not all shells run it when one ends them",
        ),
    ),
    Rule(
        r"\$\{?(?:RANDOM|SECONDS|EPOCH\w*|HOSTNAME|BASH\w*|LINENO|OSTYPE|UID|EUID)\b", "not POSIX"
    ),
    Rule(r"\bkill (?:-\w+ )*-- ", "dash refuses it without a word"),
    Rule(
        FIRST + r"(?:LC_ALL=C )?sleep [^}\n]*&$",
        "yash runs it in one process more, which alone a signal ends: { exec sleep N; }",
    ),
)
LOCALE = (
    Rule(
        FIRST.replace("|exec", "|(?<!LC_ALL=C )exec") + r"(?:awk|sort|tr|cut|sed) ",
        "a comma for a decimal sign, or a byte that is not UTF-8, stops it: LC_ALL=C",
    ),
    Rule(FIRST + r"printf '[^']*%[-0-9.]*[defgu]\b", "numbers follow the locale: LC_ALL=C"),
)
AWK = (
    Rule(
        r"\b(?:gensub|strftime|systime|mktime|asorti?|strtonum|patsplit|nextfile|func|switch)\b *\(?",
        "gawk's",
    ),
    Rule(r"\b(?:PROCINFO|IGNORECASE|FPAT|FIELDWIDTHS|BEGINFILE|ENDFILE|RT|ERRNO)\b", "gawk's"),
    Rule(r"\*\*", "not POSIX: ^"),
    Rule(r"/[^/\n]*[^\\\n]\{[0-9]+,?[0-9]*\}[^/\n]*/", "mawk before 1.3.4 knows no intervals"),
    Rule(r"\\[yBwWsS<>]", "gawk's"),
)


def offences(text: str, rules: tuple[Rule, ...], name: str = "") -> Iterator[str]:
    for rule in rules:
        if name in rule.allowed:
            continue
        for match in re.finditer(rule.pattern, text, re.MULTILINE):
            line = text[text.rfind("\n", 0, match.start()) + 1 :].split("\n", 1)[0]
            yield f"{name}: {line.strip()}: {rule.reason}"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_the_shell_uses_what_every_system_has(path: pathlib.Path) -> None:
    text = path.read_text()
    assert [*offences(code(text), COMMANDS + SYNTAX, path.name)] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_number_depends_on_the_locale(path: pathlib.Path) -> None:
    uncommented = re.sub(r"(?m)(?:(?<=\s)|^)#[^\n]*", "", path.read_text())
    found = [*offences(code(path.read_text()), LOCALE[:1], path.name)]
    assert [*found, *offences(uncommented, LOCALE[1:], path.name)] == []


@pytest.mark.parametrize("path", sorted(RUNTIME.glob("*.awk")), ids=lambda path: path.name)
def test_the_awk_is_that_of_every_system(path: pathlib.Path) -> None:
    text = re.sub(r'(?m)(?:(?<=\s)|^)#[^\n]*|"(?:[^"\\]|\\.)*"', "", path.read_text())
    assert [*offences(text, AWK, path.name)] == []


@pytest.mark.parametrize(
    "line",
    [
        "printenv HOME >/dev/null",
        "setsid sh x",
        "sum=$(sha256sum x)",
        "read -r up _ </proc/uptime",
        "stat -c %Y x",
        "sed -i s/a/b/ x",
        "find . -newer x",
        "echo -n x",
        "job=${!:-}",
        "kill $!",
        "echo ${1%% (*}",
        "set -- ${line##*)}",
        "x=$(case $y in a) echo;; esac)",
        "[ a -nt b ]",
        "ulimit -f $((wm_cap / 512))",
        "local x=1",
        "[[ -e x ]]",
        "LC_ALL=C sleep 3 &",
        "kill -KILL -- -$pid",
        "echo ${x:0:1}",
    ],
)
def test_the_table_finds(line: str) -> None:
    assert [*offences(code(line), COMMANDS + SYNTAX)]


@pytest.mark.parametrize("line", ["x | awk '{}'", "n=$(tr a b)", "printf '%.2f' 1"])
def test_the_table_finds_what_follows_the_locale(line: str) -> None:
    assert [*offences(line, LOCALE)]
    assert not [*offences(re.sub(r"\b(awk|tr|printf)", r"LC_ALL=C \1", line), LOCALE)]


# What agent.sh loads when it needs it.
LOADED = ("skip.sh", "edits.sh", "budget.sh", "judge.sh", "cells.sh")


def test_the_first_call_of_what_few_agents_need_reads_it() -> None:
    """Of what is defined in more.sh, all that is called from elsewhere is listed in seldom.sh."""
    defined = set(re.findall(r"(?m)^([a-z_]+)\(\) [{(]", link("more.sh")))
    listing = re.search(r"for wm_word in ([a-z_ \\\n]+); do\n  eval", link("agent.sh"))
    assert listing
    listed = set(listing[1].replace("\\", "").split())
    assert listed <= defined
    command = r"(?:^|[|;&({!)]|\b(?:if|elif|then|while|until|do|else)\b)[ \t]*"
    for name in ("agent.sh", *LOADED):
        text = code(link(name))
        called = {
            each
            for each in defined - listed
            if re.search(rf"(?m){command}{each}(?![\w-]|\(\))", text)
        }
        assert (name, called) == (name, set())
