"""The real Alertmanager (Debian's prometheus-alertmanager) as a process, and a sink for its webhooks."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import yaml

from tests.spine.house import free_port, until

BINARY = "prometheus-alertmanager"


def installed(name: str) -> str:
    """The path of a tool; the message of its absence says how to get it."""
    found = shutil.which(name)
    assert found is not None, f"{name} is not installed: apt-get install prometheus prometheus-alertmanager"
    return found


@dataclass
class Sink:
    """(wall seconds, path, body) of every webhook that came."""

    url: str = ""
    came: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    """Many groups speak at once: a short queue would make connections wait for a second."""

    request_queue_size = 1024
    daemon_threads = True


@contextmanager
def sink() -> Iterator[Sink]:
    """An HTTP server that takes every webhook."""
    found = Sink()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            found.came.append((time.time(), self.path, body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Nothing: the test reads `came`."""

    server = _Server(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextmanager
def alertmanager(configuration: dict[str, Any], folder: Path) -> Iterator[httpx.Client]:
    """Alertmanager with that configuration, and a client for its API."""
    file, port = folder / "alertmanager.yml", free_port()
    file.write_text(yaml.safe_dump(configuration, sort_keys=False), encoding="utf-8")
    log = folder / "alertmanager.log"
    command = [
        installed(BINARY),
        f"--config.file={file}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with log.open("wb") as out:
        child = subprocess.Popen(command, stdout=out, stderr=out, cwd=folder)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
                until(lambda: _ready(client, child, log), limit_s=20, every_s=0.05)
                yield client
        finally:
            child.terminate()
            child.wait(10)


def _ready(client: httpx.Client, child: subprocess.Popen[bytes], log: Path) -> bool:
    assert child.poll() is None, log.read_text(encoding="utf-8")[-3000:]
    try:
        return client.get("/-/ready").status_code == 200
    except httpx.TransportError:
        return False
