"""A store that machines share by HTTP: nginx with WebDAV, and a server of ours that misbehaves."""

from __future__ import annotations

import http.server
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.expectations import expect_words
from tests.harness import REPOSITORY, Project, Result, absent, wait_for

pytestmark = pytest.mark.slow

DOCS = REPOSITORY / "docs" / "store.md"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, pathlib.Path]]:
    """The URL and the folder of a real nginx, with the configuration that the documentation gives."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin") or absent("nginx")
    folder = tmp_path_factory.mktemp("nginx")
    (folder / "store").mkdir()
    folder.chmod(0o755)
    port = free_port()
    found = re.search(r"```nginx\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert found
    server = found[1].replace("127.0.0.1:8090", f"127.0.0.1:{port}")
    server = server.replace("/srv/wavemake", str(folder / "store"))
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; user root;\n"
        "include /etc/nginx/modules-enabled/*.conf;\nevents {}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/body; {server} }}\n"
    )
    process = subprocess.Popen([program, "-c", str(folder / "nginx.conf")])
    try:
        wait_for(lambda: is_open(port) or process.poll() is not None, "nginx")
        assert process.poll() is None
        yield f"http://127.0.0.1:{port}", folder / "store"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def wsgidav(tmp_path: pathlib.Path) -> Iterator[tuple[str, pathlib.Path]]:
    """The URL and the folder of a WsgiDAV, which makes no folders by itself."""
    program = shutil.which("wsgidav", path=str(pathlib.Path(sys.executable).parent))
    folder = tmp_path / "dav"
    for name in ("ac", "cas"):
        (folder / name).mkdir(parents=True)
    port = free_port()
    words = [
        "--host=127.0.0.1",
        f"--port={port}",
        f"--root={folder}",
        "--auth=anonymous",
        "--quiet",
    ]
    process = subprocess.Popen([program or absent("wsgidav"), *words], cwd=tmp_path)
    try:
        wait_for(lambda: is_open(port) or process.poll() is not None, "WsgiDAV")
        assert process.poll() is None
        yield f"http://127.0.0.1:{port}", folder
    finally:
        process.terminate()
        process.wait()


def is_open(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def machines(tmp_path: pathlib.Path) -> Callable[[str], Project]:
    """Makes a project of the same plan, as another machine has it."""

    def make(name: str) -> Project:
        project = Project(tmp_path / name)
        project.plan({"a": {"reads": [], "outputs": ["out.txt"]}, "b": ["a"]})
        project.behave("a", "echo made >out.txt; echo answer\n")
        assert project.compile("-q").code == 0
        return project

    return make


def test_a_second_machine_pays_nothing(
    machines: Callable[[str], Project], nginx: tuple[str, pathlib.Path]
) -> None:
    if not shutil.which("curl"):
        absent("curl")
    url, folder = nginx
    one, two = machines("one"), machines("two")
    for project in (one, two):
        project.env["WAVEMAKE_STORE"] = f"{url}/"
    assert one.make().code == 0
    assert one.paid() == ["a", "b"]
    assert list(folder.glob("ac/*"))
    assert list(folder.glob("cas/*"))
    done = two.make()
    assert done.code == 0, done.out
    assert two.paid() == []
    assert two.read("out.txt") == "made\n"
    assert "2 reused" in done.out
    shutil.rmtree(two.path(".tmp"))


@pytest.mark.slow
def test_another_kind_of_server(
    machines: Callable[[str], Project], wsgidav: tuple[str, pathlib.Path]
) -> None:
    url, folder = wsgidav
    one, two = machines("one"), machines("two")
    for project in (one, two):
        project.env["WAVEMAKE_STORE"] = url
    done = one.make()
    assert "is not used" not in done.out
    assert one.paid() == ["a", "b"]
    assert list(folder.glob("cas/*"))
    done = two.make()
    assert two.paid() == [], done.out
    assert two.read("out.txt") == "made\n"


@pytest.mark.slow
def test_of_two_machines_at_once_one_pays(
    machines: Callable[[str], Project], nginx: tuple[str, pathlib.Path], tmp_path: pathlib.Path
) -> None:
    gate, started = tmp_path / "gate", tmp_path / "started"
    makes = []
    for name in ("one", "two"):
        project = machines(name)
        project.env["WAVEMAKE_STORE"] = nginx[0]
        project.plan({"slow": []})
        project.behave(
            "slow", f"echo x >>'{started}'; until [ -e '{gate}' ]; do sleep 0.05; done; echo yes"
        )
        assert project.compile("-q").code == 0
        makes.append((project, project.start_make()))
        wait_for(started.exists, "the first to start")
    events = makes[1][0].path(".tmp/agents/events.jsonl")
    wait_for(lambda: events.exists() and '"event":"wait"' in events.read_text(), "a wait")
    gate.touch()
    outs = [make.communicate(timeout=60)[0].decode() for _, make in makes]
    assert started.read_text() == "x\n"
    (waits,) = Result(outs[1], 0).having("another machine")
    expect_words("store/waits-for-another-machine", waits.partition(" (pid ")[0])
    assert "slow reused from the" in outs[1]


def test_who_may_only_read_sends_nothing(
    machines: Callable[[str], Project], nginx: tuple[str, pathlib.Path]
) -> None:
    url, folder = nginx
    project = machines("reader")
    project.env |= {"WAVEMAKE_STORE": url, "WAVEMAKE_STORE_ACCESS": "read"}
    project.plan({"c": []})
    before = sorted(folder.rglob("*"))
    assert project.compile("-q").code == 0
    assert project.make().code == 0
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("kind", ["cas", "ac"])
def test_a_server_that_lies_is_refused(
    machines: Callable[[str], Project], nginx: tuple[str, pathlib.Path], kind: str
) -> None:
    url, folder = nginx
    one, two = machines("one"), machines("two")
    for project in (one, two):
        project.env["WAVEMAKE_STORE"] = url
    assert one.make().code == 0
    one.paid()
    for path in folder.glob(f"{kind}/*"):
        path.write_bytes(path.read_bytes()[:-2])
    done = two.make()
    assert done.code == 0, done.out
    assert two.paid() == ["a", "b"]
    assert "refused" in done.out


class Refuses(http.server.BaseHTTPRequestHandler):
    """Answers everything with a status, and remembers what it was sent."""

    status = 500
    headers_seen: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self.headers_seen.append(str(self.headers.get("Authorization")))
        self.send_response(self.status)
        self.end_headers()

    do_PUT = do_GET

    def log_message(self, *arguments: object) -> None:
        return


@pytest.fixture
def refuser() -> Iterator[tuple[str, type[Refuses]]]:
    handler = type("Handler", (Refuses,), {"headers_seen": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", handler
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_a_server_that_refuses_is_given_up_once_a_run(
    machines: Callable[[str], Project], refuser: tuple[str, type[Refuses]], status: int
) -> None:
    url, handler = refuser
    handler.status = status
    project = machines("one")
    project.env["WAVEMAKE_STORE"] = url
    done = project.make("-j2")
    assert done.code == 0, done.out
    assert project.paid() == ["a", "b"]
    assert done.out.count("not used in this run") == 1
    assert f"status {status}" in done.out


def test_nobody_listens(machines: Callable[[str], Project]) -> None:
    project = machines("one")
    project.env["WAVEMAKE_STORE"] = f"http://127.0.0.1:{free_port()}"
    done = project.make()
    assert done.code == 0
    assert project.paid() == ["a", "b"]
    assert done.out.count("it does not answer") == 1


def test_headers_come_from_a_variable_and_are_kept_nowhere(
    machines: Callable[[str], Project], refuser: tuple[str, type[Refuses]]
) -> None:
    url, handler = refuser
    handler.status = 404
    project = machines("one")
    project.env |= {
        "WAVEMAKE_STORE": url,
        "WAVEMAKE_STORE_HEADERS": "MY_HEADER",
        "MY_HEADER": 'Authorization: Bearer CANARY"\\x',
    }
    assert project.make().code == 0
    assert 'Bearer CANARY"\\x' in handler.headers_seen
    for path in project.path(".tmp").rglob("*"):
        assert not path.is_file() or b"CANARY" not in path.read_bytes(), path
