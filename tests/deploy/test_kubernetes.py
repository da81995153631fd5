"""Every overlay renders, and every object fits its schema strictly: nothing may lean on a lenient API server."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from libs.ops.gateway.routing import PREFIXES, service_of
from tests.deploy.rendering import OVERLAYS, Object, of_kind, rendered

VERSION = "1.34"
HERE = Path(__file__).parent
QUANTITY = re.compile(r"\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
NATIVE = re.compile(r"(v1|[a-z]+/v\d+|[a-z.]+\.k8s\.io/v\d+)")


@cache
def custom() -> dict[str, Any]:
    """The digest of the operators' definitions."""
    read: dict[str, Any] = yaml.safe_load((HERE / "custom_resources.yaml").read_text(encoding="utf-8"))
    return read


def faults(value: object, shape: object, place: str = "") -> list[str]:
    """Where a custom resource does not fit the digest; see the head of custom_resources.yaml for the notation."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{place}: an object is wanted"]
        fields = {name.rstrip("!"): (inner, name.endswith("!")) for name, inner in shape.items()}
        found = [f"{place}.{name}: unknown field" for name in value if name not in fields]
        found += [f"{place}.{name}: missing" for name, (_, must) in fields.items() if must and name not in value]
        for name in value.keys() & fields.keys():
            found += faults(value[name], fields[name][0], f"{place}.{name}")
        return found
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{place}: a list is wanted"]
        return [fault for at, item in enumerate(value) for fault in faults(item, shape[0], f"{place}[{at}]")]
    return [] if fits(value, str(shape)) else [f"{place}: {value!r} is no {shape}"]


def fits(value: object, kind: str) -> bool:
    """Whether a leaf is of its kind."""
    word, _, rest = kind.partition(" ")
    match word:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "port":
            return isinstance(value, int | str)
        case "quantity":
            return isinstance(value, int) or (isinstance(value, str) and QUANTITY.fullmatch(value) is not None)
        case "one":
            return value in rest.removeprefix("of ").split()
        case "map":
            inner = rest.removeprefix("of ")
            return isinstance(value, dict) and all(not inner or fits(item, inner) for item in value.values())
    raise AssertionError(f"the notation has no {kind!r}")


@cache
def native_faults(text: str) -> list[str]:
    """Where one of Kubernetes' own objects does not fit; most stand in several overlays alike."""
    try:
        kubernetes_validate.validate(json.loads(text), VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [str(error.message)]
    return []


def body(one: Object) -> Object:
    """An object without what every object has."""
    return {name: value for name, value in one.items() if name not in ("apiVersion", "kind", "metadata")}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_object_fits_its_schema_strictly(overlay: str) -> None:
    """Kubernetes' own by the published schemas, others by the digest of their definitions; unknown fields refused."""
    found = []
    for one in rendered(overlay):
        name = f"{one['kind']}/{one['metadata']['name']}"
        kind = f"{one['apiVersion']} {one['kind']}"
        if kind in custom():
            found += [f"{name}{fault}" for fault in faults(body(one), custom()[kind])]
            continue
        assert NATIVE.fullmatch(one["apiVersion"]), f"{name}: {one['apiVersion']} is in no schema that we have"
        found += [f"{name}: {fault}" for fault in native_faults(json.dumps(one))]
    assert found == []


@pytest.mark.parametrize(
    ("kind", "path", "value", "fault"),
    [
        ("kafka.strimzi.io/v1 Kafka", ("spec", "kafka", "listener"), [], "unknown field"),
        ("kafka.strimzi.io/v1 KafkaNodePool", ("spec", "roles"), ["brokers"], "is no one of controller broker"),
        ("postgresql.cnpg.io/v1 Cluster", ("spec", "instances"), "3", "is no integer"),
        ("keda.sh/v1alpha1 ScaledObject", ("spec", "triggers", 0, "metadata", "lagThreshold"), 20000, "is no map of"),
    ],
)
def test_the_digest_finds_what_an_operator_would_refuse(
    kind: str, path: tuple[str | int, ...], value: object, fault: str
) -> None:
    """A field that does not exist, a word that is none, a number as text and text as a number."""
    one = next(o for o in rendered("prod") if f"{o['apiVersion']} {o['kind']}" == kind)
    copy = yaml.safe_load(yaml.safe_dump(body(one)))
    place: Any = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert any(fault in found for found in faults(copy, custom()[kind])), faults(copy, custom()[kind])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nothing_is_there_twice_and_all_is_in_one_namespace(overlay: str) -> None:
    """One object a name; the cluster's own stay untouched."""
    names = [(o["apiVersion"], o["kind"], o["metadata"]["name"]) for o in rendered(overlay)]
    assert len(names) == len(set(names))
    assert {o["metadata"].get("namespace") for o in rendered(overlay) if o["kind"] != "Namespace"} == {"sunlit"}


def test_the_three_hosts_lead_where_the_gateway_of_one_machine_leads() -> None:
    """Decision 24: every prefix of the local gateway stands on a host, at the same service; no page on the API host."""
    routes = {one["metadata"]["name"]: one for one in of_kind("prod", "HTTPRoute")}
    assert {name: one["spec"]["hostnames"] for name, one in routes.items()} == {
        "public": ["www.sunlit.example"],
        "office": ["office.sunlit.example"],
        "api": ["api.sunlit.example"],
    }
    led = {name: dict(rules_of(one)) for name, one in routes.items()}
    for prefix, service in PREFIXES:
        hosts = [paths for paths in led.values() if prefix in paths]
        assert hosts, f"{prefix} stands on no host"
        assert {paths[prefix] for paths in hosts} == {f"{service}-api"}
    assert led["public"]["/"] == f"{service_of('/')}-api" and led["office"]["/"] == "gateway"
    assert all(path.startswith(("/api/", "/alertmanager")) for path in led["api"])
    assert not any(path.startswith(("/hall", "/supervision", "/ops", "/api")) for path in led["public"])


def rules_of(route: Object) -> list[tuple[str, str]]:
    """Path and service of every rule that leads to a service."""
    return [
        (match["path"]["value"], rule["backendRefs"][0]["name"])
        for rule in route["spec"]["rules"]
        for match in rule["matches"]
        if "backendRefs" in rule
    ]


def test_ingress_and_gateway_lead_to_the_same_places() -> None:
    """A cluster without the Gateway API loses nothing; what is for the cluster alone stands open in neither."""
    routes = {one["metadata"]["name"]: set(rules_of(one)) for one in of_kind("prod", "HTTPRoute")}
    for one in of_kind("airgap", "Ingress"):
        paths = {(p["path"], p["backend"]["service"]["name"]) for p in one["spec"]["rules"][0]["http"]["paths"]}
        assert {pair for pair in paths if pair[1] != "nowhere"} == routes[one["metadata"]["name"]]
        if one["metadata"]["name"] != "api":
            assert {path for path, service in paths if service == "nowhere"} == {"/metrics", "/status", "/readyz"}
    for route in of_kind("prod", "HTTPRoute"):
        shut = [r for r in route["spec"]["rules"] if r.get("filters")]
        assert {m["path"]["value"] for r in shut for m in r["matches"]} == {"/metrics", "/status", "/readyz"}
