"""The steps and processes of docker-compose.yml, run as they stand there, on real engines instead of containers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
import yaml

from libs.ops.engines.places import ROOT
from libs.ops.ports import free_ports
from tests.engines import Engines

PATIENCE_SECONDS = 60.0
ADMINISTRATOR = (
    "postgresql://sunlit:${POSTGRES_PASSWORD:?copy deploy/compose/env.example to .env and fill it in}@postgres/sunlit"
)


class Machine:
    """Stands for Docker: the hosts, the volume of the keys and the ports of this machine."""

    def __init__(self, engines: Engines, folder: Path, database: str) -> None:
        self.services: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))[
            "services"
        ]
        self.keys, self.home, self.ports = folder / "keys", folder / "home", {}
        parts = urlsplit(engines.dsn)
        self.engines, self.database = engines, database
        self.words = {
            "/run/sunlit/keys": str(self.keys),
            "kafka:9092": engines.bootstrap,
            ADMINISTRATOR: f"postgresql://{parts.username}:{parts.password}@{parts.hostname}:{parts.port}/{database}",
            "@postgres/sunlit": f"@{parts.hostname}:{parts.port}/{database}",
        }
        for name in ("approval-api", "gateway"):
            (self.ports[name],) = free_ports(1)

    def said(self, text: str) -> str:
        """A word of the file as it is on this machine."""
        for there, here in self.words.items():
            text = text.replace(there, here)
        for name, port in self.ports.items():
            text = text.replace(f"{name}:8080", f"127.0.0.1:{port}")
        return text if "${" not in text else ""

    def environment(self, name: str) -> dict[str, str]:
        """What the service finds, and nothing of ours but the way to Python's modules."""
        told = {key: self.said(value) for key, value in self.services[name].get("environment", {}).items()}
        told |= {"SUNLIT_HOST": "127.0.0.1"} if "SUNLIT_HOST" in told else {}
        told |= {"SUNLIT_PORT": str(self.ports[name])} if name in self.ports else {}
        told = {key: value for key, value in told.items() if value}
        return told | {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SUNLIT_HOME": str(self.home)}

    def command(self, name: str) -> list[str]:
        """What it runs."""
        return [sys.executable, *(self.said(word) for word in self.services[name]["command"])]

    def step(self, name: str) -> str:
        """Run one of the steps to its end."""
        done = subprocess.run(
            self.command(name), env=self.environment(name), cwd="/", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    @contextmanager
    def running(self, name: str) -> Iterator[str]:
        """A process that is ready; yields its address."""
        log = (self.home.parent / f"{name}.log").open("wb")
        process = subprocess.Popen(
            self.command(name), env=self.environment(name), cwd="/", stdout=log, stderr=subprocess.STDOUT
        )
        address = f"http://127.0.0.1:{self.ports[name]}"
        try:
            until = time.monotonic() + PATIENCE_SECONDS
            while not ready(address):
                assert process.poll() is None and time.monotonic() < until, Path(log.name).read_text()[-2000:]
                time.sleep(0.2)
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
            log.close()


def ready(address: str) -> bool:
    """Whether /readyz says so."""
    try:
        return httpx.get(f"{address}/readyz", timeout=3, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def machine(engines: Engines, tmp_path: Path) -> Iterator[Machine]:
    """A database of its own; the roles of the services belong to the whole server and go with it."""
    name = engines.unique("compose")
    with psycopg.connect(engines.dsn, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield Machine(engines, tmp_path, name)
    finally:
        with psycopg.connect(engines.dsn, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def mode_of(folder: Path) -> Mapping[str, int]:
    """Who may read the files of a folder."""
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


@pytest.mark.engines
def test_the_steps_make_keys_topics_and_schemas_and_the_processes_find_them(machine: Machine) -> None:
    """From nothing to a page through the gateway, with the file's own commands and variables; twice harms nothing."""
    for _ in range(2):
        machine.step("keys")
        machine.step("topics")
        machine.step("migrate")
    assert set(mode_of(machine.keys).values()) == {0o600}
    assert not (machine.home / "secrets").exists(), "a site's keys are never made beside it"
    with ExitStack() as stack:
        stack.enter_context(machine.running("approval-api"))
        front = stack.enter_context(machine.running("gateway"))
        with httpx.Client(base_url=front, trust_env=False, timeout=10) as client:
            assert client.get("/login").status_code == 200
            assert client.get("/api/approval/openapi.json").json()["info"]["title"]
            health = client.get("/healthz")
            assert health.status_code == 503 and "approval-api" not in health.json()["against"]
