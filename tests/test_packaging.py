"""However it is installed, wavemake finds its templates and runs; and nothing else is shipped."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile

import pytest

from tests.expectations import counted
from tests.harness import REPOSITORY, absent

pytestmark = pytest.mark.slow

# What is not in git, and must not be shipped either.
STRAY = [
    "wavemake/__pycache__/cli.pyc",
    "templates/__pycache__/x.pyc",
    "wavemake.egg-info/PKG-INFO",
    ".venv/lib/click.py",
    ".hypothesis/x",
    ".mypy_cache/x",
    "build/x",
    "dist/x.whl",
    "wavemake-demo/plan.json",
    "notes.txt",
    "todo/wavemake/x.py",
]


def build(kind: str, source: pathlib.Path, to: pathlib.Path) -> pathlib.Path:
    """Build an sdist or a wheel of `source`, as pip would, in a process of its own."""
    to.mkdir(exist_ok=True)
    script = f"import sys, hatchling.build as b; print(b.build_{kind}(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", script, str(to)], cwd=source, capture_output=True, text=True
    )
    if "No module named 'hatchling'" in done.stderr:
        absent("hatchling")
    assert done.returncode == 0, done.stderr
    return to / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A copy of what is in git, with a developer's litter in it."""
    folder = tmp_path_factory.mktemp("packaging") / "checkout"
    litter = shutil.ignore_patterns(
        ".git", ".*cache", ".venv", ".hypothesis", "__pycache__", "dist", "build", "*.egg-info"
    )
    shutil.copytree(REPOSITORY, folder, ignore=litter)
    for name in STRAY:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("stray\n")
    return folder


@pytest.fixture(scope="module")
def sdist(checkout: pathlib.Path) -> pathlib.Path:
    return build("sdist", checkout, checkout.parent / "dist")


@pytest.fixture(scope="module")
def wheel(sdist: pathlib.Path) -> pathlib.Path:
    """The wheel that is built from the sdist."""
    # Not by tarfile: what it asks for differs between 3.11.2 and 3.14.
    subprocess.run(["tar", "-xf", str(sdist), "-C", str(sdist.parent)], check=True)
    return build("wheel", sdist.parent / sdist.name.removesuffix(".tar.gz"), sdist.parent / "whl")


def shipped(folder: str) -> set[str]:
    """The files of a folder that belong into a wheel."""
    found = (REPOSITORY / folder).rglob("*")
    files = {str(path.relative_to(REPOSITORY)) for path in found if path.is_file()}
    return {name for name in files if "__pycache__" not in name}


def test_the_wheel_holds_the_package_and_the_templates_alone(wheel: pathlib.Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        metadata = [name for name in archive.namelist() if ".dist-info/" in name]
    assert names == shipped("wavemake") | {f"wavemake/{name}" for name in shipped("templates")}
    assert sorted(name.split("/", 1)[1] for name in metadata) == [
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE",
    ]


def test_the_wheel_of_a_checkout_is_that_of_its_sdist(
    checkout: pathlib.Path, wheel: pathlib.Path
) -> None:
    other = build("wheel", checkout, checkout.parent / "direct")
    assert contents(other) == contents(wheel)


def contents(wheel: pathlib.Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_sdist_holds_no_litter(sdist: pathlib.Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {member.name.split("/", 1)[1] for member in archive.getmembers()}
    assert not names & set(STRAY)
    assert {"pyproject.toml", "README.md", "LICENSE", "tests/harness.py"} <= names
    assert shipped("wavemake") | shipped("templates") <= names


@pytest.fixture
def environment(tmp_path: pathlib.Path) -> pathlib.Path:
    """A virtual environment that has what the tests' own has, but not its wavemake."""
    folder = tmp_path / "venv"
    venv.create(folder, symlinks=True)
    paths = sysconfig.get_paths(vars={"base": str(folder), "platbase": str(folder)}, scheme="venv")
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (pathlib.Path(paths["purelib"]) / "borrowed.pth").write_text("\n".join(sorted(borrowed)) + "\n")
    return folder


def install(environment: pathlib.Path, *what: str) -> None:
    python = str(environment / "bin" / "python")
    words = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index"]
    done = subprocess.run(
        [*words, "--no-deps", "--no-build-isolation", *what], capture_output=True, text=True
    )
    for module in "pip", "hatchling", "editables":
        if re.search(f"No module named '?{module}\\b", done.stderr):
            absent(module)
    assert done.returncode == 0, done.stderr


def run(folder: pathlib.Path, *words: str, **env: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, env={**clean, **env}, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


WHERE = (
    "import wavemake.compiler.render as r, wavemake.runs.link as l; "
    "print(r.__file__); print(l.templates())"
)


@pytest.mark.parametrize("how", ["checkout", "editable", "wheel"])
def test_installed(
    tmp_path: pathlib.Path,
    environment: pathlib.Path,
    checkout: pathlib.Path,
    wheel: pathlib.Path,
    how: str,
) -> None:
    what = {"checkout": [str(checkout)], "editable": ["-e", str(checkout)], "wheel": [str(wheel)]}
    install(environment, *what[how])
    home = checkout if how == "editable" else environment
    found = run(tmp_path, str(environment / "bin" / "python"), "-c", WHERE).splitlines()
    assert all(pathlib.Path(path).is_relative_to(home) for path in found), found
    demo = run(tmp_path, str(environment / "bin" / "wavemake"), "demo", "try")
    assert counted(demo) == {"done": 5}
    assert (tmp_path / "try" / ".tmp" / "agents" / "summary.md").exists()


# What a program that uses wavemake may say of it, and what a type checker has to see of that.
USER = """\
from wavemake.compiler.driver import check, read_plan
from wavemake.compiler.options import Options

document, checksum = read_plan("plan.json")
reveal_type(checksum)
reveal_type(check(document, Options("plan.json")).plan)
Options("plan.json", folder=3)
"""


def test_an_installed_package_is_typed_for_its_user(
    tmp_path: pathlib.Path, environment: pathlib.Path, wheel: pathlib.Path
) -> None:
    install(environment, str(wheel))
    (tmp_path / "user.py").write_text(USER)
    python = str(environment / "bin" / "python")
    words = [sys.executable, "-m", "mypy", "--strict", "--python-executable", python, "user.py"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    if "No module named mypy" in done.stderr:
        absent("mypy")
    said = re.findall(r"^user.py:(\d+): (\w+): (.*)", done.stdout, re.MULTILINE)
    assert [(line, kind) for line, kind, _ in said] == [
        ("5", "note"),
        ("6", "note"),
        ("7", "error"),
    ]
    assert "str" in said[0][2]
    assert "wavemake.plan.resolved.Resolved" in said[1][2]


def test_a_plain_checkout(tmp_path: pathlib.Path, checkout: pathlib.Path) -> None:
    demo = run(tmp_path, sys.executable, "-m", "wavemake", "demo", "try", PYTHONPATH=str(checkout))
    assert counted(demo) == {"done": 5}
    found = run(tmp_path, sys.executable, "-c", WHERE, PYTHONPATH=str(checkout)).splitlines()
    assert found == [
        str(checkout / "wavemake" / "compiler" / "render.py"),
        str(checkout / "templates"),
    ]
