"""The one list of processes: `sunlit up` starts it, and its gateway finds processes that somebody else runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient

from libs.common.runtime.settings import Settings
from libs.ops import keys, plan
from libs.ops.gateway.app import Gateway
from libs.ops.home import Home
from libs.ops.probe import host_and_port
from libs.ops.roster import GATEWAY, NAMES, SERVICES, processes

NAMED = {f"SUNLIT_{name.upper()}" for name in Settings.model_fields}


def test_every_process_has_a_name_and_a_module_of_its_own() -> None:
    """Eight of the services, one gateway; whoever leaves the house is named (decision 33)."""
    found = processes()
    assert [process.name for process in found] == [*NAMES, GATEWAY]
    assert len({process.arguments for process in found}) == len(found)
    assert {process.name for process in found if process.leaves} == {"disclosure-worker", "notify-worker", GATEWAY}


def test_a_variable_of_the_roster_is_a_setting() -> None:
    """A name that nothing reads is a mistake."""
    assert {name for process in processes() for name in process.variables} <= NAMED


def test_sunlit_up_starts_the_roster_with_its_variables(tmp_path: Path) -> None:
    """Names, commands, ports and environment of the launcher's plan are the roster's."""
    home = Home(tmp_path)
    home.make()
    keys.make_now(home.secrets)
    ports = {name: 9000 + place for place, name in enumerate([*NAMES, GATEWAY])}
    addresses = plan.Addresses("127.0.0.1:9092", "postgresql://a:b@127.0.0.1/sunlit", "wall", "Asia/Shanghai")
    specs = {spec.name: spec for spec in plan.specs(home, addresses, ports)}
    assert list(specs) == [process.name for process in processes()]
    assert {name: spec.port for name, spec in specs.items()} == ports
    for process in processes():
        environment = plan.environment(home, addresses, process.service, ports[process.name])
        outside = {"SUNLIT_EXTERNAL_URL"} if process.service else set()
        own = {name for name in environment if name.startswith("SUNLIT_")} | outside
        assert process.variables <= own <= NAMED


@pytest.mark.parametrize(
    ("place", "told"), [(8080, ("127.0.0.1", 8080)), ("api:81", ("api", 81)), ("[fd00::1]:82", ("fd00::1", 82))]
)
def test_a_place_is_a_port_here_or_an_address_elsewhere(place: int | str, told: tuple[str, int]) -> None:
    """Names, numbers and IPv6 addresses."""
    assert host_and_port(place) == told


@pytest.mark.parametrize("place", ["approval-api", ":8080", "approval-api:http"])
def test_a_place_without_host_or_port_is_refused(place: str) -> None:
    """Half an address is none."""
    with pytest.raises(ValueError, match=r"port|literal"):
        host_and_port(place)


class Answers(BaseHTTPRequestHandler):
    """A process that is ready and tells its path."""

    def do_GET(self) -> None:
        """Answer with the path."""
        body = b'{"ready": true, "path": "%s"}' % self.path.encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


class Server(ThreadingHTTPServer):
    """All that ask at once may wait in line."""

    request_queue_size = 64


@contextmanager
def somebody() -> Iterator[str]:
    """A process elsewhere; yields its address."""
    server = Server(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_the_gateway_of_a_cluster_serves_processes_that_others_run(tmp_path: Path) -> None:
    """It passes requests on by name and shows who is ready, without a home."""
    keys.make_now(tmp_path / "secrets")
    with somebody() as address:
        settings = Settings(home=tmp_path, upstreams=",".join(f"{name}={address}" for name in NAMES))
        gateway = Gateway(settings, Home(tmp_path), settings.places)
        application = gateway.application()
        client = AsyncClient(transport=ASGITransport(app=application), base_url="http://office.example")
        async with application.router.lifespan_context(application), client:
            assert (await client.get("/hall/cases?a=1")).json()["path"] == "/hall/cases?a=1"
            assert (await client.get("/healthz")).json() == {"ready": True, "against": {}}
        assert [(found.name, found.ready, found.pid) for found in gateway.look()] == [(n, True, None) for n in NAMES]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_built_from_its_own_keys_alone(tmp_path: Path, service: str) -> None:
    """What `sunlit keys split` gives it is enough for both its processes, and another service's keys are not there."""
    keys.make_now(tmp_path / "all")
    keys.split(tmp_path / "all", tmp_path / "parts")
    folder = tmp_path / "parts" / service
    settings = Settings(home=tmp_path / "home", secrets=folder)
    main = import_module(f"services.{service}.main")
    assert main.build_api(settings)
    assert main.build_worker(settings)
    others = {f"postgresql.{other}.password" for other in SERVICES if other != service}
    held = {file.name for file in folder.iterdir()}
    assert not held & (others | {"postgresql.admin.password", "token.private.json"})
    assert ("webhook.key" in held, "log.key" in held) == (service == "notify", service == "disclosure")


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    """Nothing is split from half a set of keys."""
    keys.make_now(tmp_path / "all")
    (tmp_path / "all" / "log.key").unlink()
    with pytest.raises(FileNotFoundError, match=r"log\.key, which disclosure needs"):
        keys.split(tmp_path / "all", tmp_path / "parts")
