"""docker-compose.yml by strict rules of its own (no engine is at hand): known keys, names that exist, one list."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from libs.common.runtime.settings import Settings
from libs.ops import images
from libs.ops.engines.places import ROOT
from libs.ops.roster import SERVICES, processes

FILE = ROOT / "docker-compose.yml"
NAMED = {f"SUNLIT_{name.upper()}" for name in Settings.model_fields}
VARIABLE = re.compile(r"\$\{([A-Z_]+)(:[-?][^}]*)?\}")
# what we use of the compose specification, with the type of each key
KEYS: dict[str, type | tuple[type, ...]] = {
    "image": str, "build": str, "command": list, "environment": dict, "volumes": list, "ports": list, "expose": list,
    "healthcheck": dict, "networks": list, "network_mode": str, "depends_on": (dict, list), "profiles": list,
    "restart": str, "read_only": bool, "tmpfs": list, "cap_drop": list, "security_opt": list, "user": str,
    "mem_limit": str, "pids_limit": int, "shm_size": str, "stop_grace_period": str, "logging": dict,
}  # fmt: skip
CHECK_KEYS = {"test", "interval", "timeout", "retries", "start_period"}
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
OURS = {process.name for process in processes()}
STEPS = {"build", "keys", "topics", "migrate"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The file, with its anchors resolved."""
    read: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="module")
def services(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Its services."""
    found: dict[str, dict[str, Any]] = document["services"]
    return found


def test_only_known_keys_with_the_right_types(document: dict[str, Any], services: dict[str, dict[str, Any]]) -> None:
    """A key that compose does not know, or a number where it wants text, is a mistake."""
    assert {key for key in document if not key.startswith("x-")} == {"name", "services", "networks", "volumes"}
    for name, service in services.items():
        for key, value in service.items():
            assert key in KEYS and isinstance(value, KEYS[key]), f"{name}.{key}: {value!r}"
        for variable, value in service.get("environment", {}).items():
            assert isinstance(value, str), f"{name}.environment.{variable}: {value!r} is no text"
        assert set(service.get("healthcheck", {})) <= CHECK_KEYS, name


def test_every_name_that_is_used_exists(document: dict[str, Any], services: dict[str, dict[str, Any]]) -> None:
    """Services that are waited for, networks, volumes, files that are mounted."""
    for name, service in services.items():
        waits = service.get("depends_on", {})
        assert set(waits) <= set(services), name
        if isinstance(waits, dict):
            for other, how in waits.items():
                assert how["condition"] in CONDITIONS, name
                assert how["condition"] != "service_healthy" or "healthcheck" in services[other], f"{name} → {other}"
                assert not services[other].get("profiles") or service.get("profiles"), f"{name} needs a profile"
        assert set(service.get("networks", [])) <= set(document["networks"]), name
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            there = (ROOT / source).exists() if source.startswith("./") else source in document["volumes"]
            assert there, f"{name}: {source} is not there"


def test_every_variable_has_a_default_or_says_what_is_missing() -> None:
    """And the example names all that somebody must fill in."""
    example = Path(ROOT / "deploy/compose/env.example").read_text(encoding="utf-8")
    for variable, way in VARIABLE.findall(FILE.read_text(encoding="utf-8")):
        assert way, f"{variable} has neither default nor message"
        assert way.startswith(":-") or f"\n{variable}=\n" in f"\n{example}", f"{variable} is not in env.example"
    filled = [line for line in example.splitlines() if re.match(r"[A-Z_]*PASSWORD=.", line)]
    assert filled == [], "the example holds a password"


def test_the_processes_are_those_of_the_roster(services: dict[str, dict[str, Any]]) -> None:
    """Commands, ports and environment: the same list as `sunlit up` and Kubernetes."""
    assert set(services) >= OURS
    for process in processes():
        service = services[process.name]
        environment = service["environment"]
        own = {name for name in environment if name.startswith("SUNLIT_")}
        assert tuple(service["command"]) == process.arguments
        assert environment["SUNLIT_PORT"] == str(process.port)
        assert f":{process.port}/readyz" in service["healthcheck"]["test"][-1]
        assert process.variables <= own <= NAMED, (process.variables - own, own - NAMED)
        outside = {"inside", "outside"} if process.leaves else {"inside"}
        assert set(service["networks"]) == outside, f"{process.name} stands on the wrong networks (decision 33)"
    told = dict(pair.strip().split("=") for pair in services["gateway"]["environment"]["SUNLIT_UPSTREAMS"].split(","))
    assert told == {p.name: f"{p.name}:{p.port}" for p in processes() if p.service}


def test_each_service_logs_in_as_itself(services: dict[str, dict[str, Any]]) -> None:
    """Its own role and its own password, from the file that `sunlit keys make` wrote."""
    for service in SERVICES:
        for kind in ("api", "worker"):
            environment = services[f"{service}-{kind}"]["environment"]
            assert environment["SUNLIT_DATABASE"] == f"postgresql://{service}@postgres/sunlit"
            assert environment["SUNLIT_DATABASE_PASSWORD_FILE"] == f"/run/sunlit/keys/postgresql.{service}.password"


def test_our_containers_are_closed(services: dict[str, dict[str, Any]]) -> None:
    """Nobody, a read-only root, no capability, no new privilege, a limit of memory; ports on this machine alone."""
    for name in OURS | STEPS:
        service = services[name]
        assert service["user"] == "10001:10001" and service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
    for name, service in services.items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
        assert "no-new-privileges:true" in service["security_opt"], name


def test_images_are_those_of_the_lock(services: dict[str, dict[str, Any]]) -> None:
    """Other people's by digest; ours is built here, with the lock's name and tag."""
    lock = images.read()
    ours = f"{lock['sunlit-hall'].image}:{lock['sunlit-hall'].tag}"
    others = {image.reference for name, image in lock.items() if name != "sunlit-hall"}
    for name, service in services.items():
        assert (service["image"] == ours) if name in OURS | STEPS else service["image"] in others, name


def test_what_is_extra_is_a_profile(services: dict[str, dict[str, Any]]) -> None:
    """Without a profile: Kafka, PostgreSQL, the steps and the nine; observing, login and mail are asked for."""
    assert {name for name, service in services.items() if not service.get("profiles")} == OURS | STEPS | {
        "kafka",
        "postgres",
    }
    assert {tuple(s["profiles"]): n for n, s in services.items() if s.get("profiles")}.keys() == {
        ("observe",),
        ("login",),
        ("mail",),
    }


def test_prometheus_scrapes_every_process_with_its_labels() -> None:
    """Where compose runs it, and with the labels that the rules ask for."""
    read = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yaml").read_text(encoding="utf-8"))
    (job,) = (job for job in read["scrape_configs"] if job["job_name"] == "sunlit")
    found = {(t["targets"][0], t["labels"]["service"], t["labels"]["process"]) for t in job["static_configs"]}
    assert found == {(f"{p.name}:{p.port}", p.service, p.kind) for p in processes() if p.service}
