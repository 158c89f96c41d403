"""An nginx with WebDAV, as docs/store.md has it: the server of a store that machines share."""

from __future__ import annotations

import pathlib
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

DOCS = pathlib.Path(__file__).parents[2] / "docs/store.md"
PATH = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin:/opt/homebrew/bin"


def program() -> str:
    """Where nginx is; empty if it or curl is absent."""
    return (shutil.which("curl") and shutil.which("nginx", path=PATH)) or ""


@contextmanager
def served(folder: pathlib.Path) -> Iterator[str]:
    """The address of a server whose files are in `folder`."""
    (folder / "store").mkdir(parents=True)
    for path in (folder, *folder.parents):
        if path.owner() == folder.owner() and path.name.startswith(("benchmark-", folder.name)):
            path.chmod(0o755)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    found = re.search(r"```nginx\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert found
    server = found[1].replace("127.0.0.1:8090", f"127.0.0.1:{port}")
    server = server.replace("/srv/wavemake", str(folder / "store"))
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; user {folder.owner()};\n"
        "include /etc/nginx/modules-enabled/*.conf;\nevents {}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/body; {server} }}\n"
    )
    process = subprocess.Popen([program(), "-c", str(folder / "nginx.conf")])
    try:
        _await(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with socket.socket() as client:
            if not client.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.05)
    raise RuntimeError("nginx does not start")
