"""The restore drill against an API server that behaves like one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from libs.ops.drill import NAME, SOURCE, ApiServer, drill, restored
from tests.deploy.rendering import of_kind
from tests.deploy.test_kubernetes import custom, faults

PATH = "/apis/postgresql.cnpg.io/v1/namespaces/sunlit/clusters"
SOURCE_CLUSTER = {"spec": {"imageName": "pg@sha256:1", "storage": {"size": "4Ti"}, "instances": 3}}


@dataclass
class Cluster:
    """An API server with the operator behind it: a cluster is ready when it was looked at twice."""

    clusters: dict[str, dict[str, Any]] = field(default_factory=lambda: {SOURCE: SOURCE_CLUSTER})
    asked: list[str] = field(default_factory=list)
    looks: int = 0
    becomes_ready: bool = True

    def answer(self, method: str, path: str, body: dict[str, Any] | None, token: str | None) -> tuple[int, Any]:
        """Status and document."""
        self.asked.append(f"{method} {path.removeprefix(PATH)}")
        if token != "Bearer of-today":
            return 403, {"reason": "Forbidden"}
        name = path.removeprefix(PATH).strip("/")
        if method == "POST":
            assert body is not None
            self.clusters[body["metadata"]["name"]] = body
            return 201, body
        if name not in self.clusters:
            return 404, {"reason": "NotFound"}
        if method == "DELETE":
            return 200, self.clusters.pop(name)
        found = self.clusters[name]
        if name == NAME:
            self.looks += 1
            if self.looks > 1 and self.becomes_ready:
                found = found | {"status": {"readyInstances": 1, "currentPrimary": f"{NAME}-1"}}
        return 200, found


@contextmanager
def serving(cluster: Cluster) -> Iterator[ApiServer]:
    """The API server on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, told = cluster.answer(self.command, self.path, body, self.headers.get("authorization"))
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the names are the library's

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield ApiServer(f"http://127.0.0.1:{server.server_port}", "sunlit", lambda: "of-today")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_backup_is_restored_read_and_thrown_away() -> None:
    """What the check finds is answered, and the restored cluster is gone afterwards, the source is not."""
    cluster = Cluster()
    with serving(cluster) as server:
        assert drill(server, lambda: [], patience_s=5, pause_s=0) == []
        assert drill(server, lambda: ["LEAF_MISSING 7"], patience_s=5, pause_s=0) == ["LEAF_MISSING 7"]
    assert set(cluster.clusters) == {SOURCE}
    assert cluster.asked.count("POST ") == 2


def test_what_an_earlier_run_left_behind_is_deleted_first() -> None:
    """A drill that was killed does not stop all later ones."""
    cluster = Cluster(clusters={SOURCE: SOURCE_CLUSTER, NAME: {"spec": {}}})
    with serving(cluster) as server:
        assert drill(server, lambda: [], patience_s=5, pause_s=0) == []
    assert cluster.asked.index(f"DELETE /{NAME}") < cluster.asked.index("POST ")


def test_a_cluster_that_does_not_start_fails_the_drill_and_goes_too() -> None:
    """The time-out says so; a check that breaks deletes it as well."""
    cluster = Cluster(becomes_ready=False)
    with serving(cluster) as server:
        with pytest.raises(TimeoutError, match=f"{NAME} does not become ready"):
            drill(server, lambda: [], patience_s=0, pause_s=0)
        cluster.becomes_ready = True
        with pytest.raises(ZeroDivisionError):
            drill(server, lambda: [str(1 // 0)], patience_s=5, pause_s=0)
    assert set(cluster.clusters) == {SOURCE}


def test_without_a_source_or_a_right_nothing_is_made() -> None:
    """Both are told."""
    cluster = Cluster(clusters={})
    with serving(cluster) as server:
        with pytest.raises(LookupError, match=SOURCE):
            drill(server, lambda: [], patience_s=0, pause_s=0)
        stranger = ApiServer(server.server, "sunlit", lambda: "of-yesterday")
        with pytest.raises(httpx.HTTPStatusError, match="403"):
            drill(stranger, lambda: [], patience_s=0, pause_s=0)
    assert cluster.clusters == {}


def test_the_restored_cluster_fits_the_operators_definition() -> None:
    """As large as the source, with its image, from the store that the source writes to."""
    (source,) = of_kind("prod", "Cluster")
    made = restored(source)
    assert faults({"spec": made["spec"]}, custom()["postgresql.cnpg.io/v1 Cluster"]) == []
    assert (
        made["spec"]["storage"] == source["spec"]["storage"]
        and made["spec"]["imageName"] == source["spec"]["imageName"]
    )
    (store,) = of_kind("prod", "ObjectStore")
    assert made["spec"]["externalClusters"][0]["plugin"]["parameters"]["barmanObjectName"] == store["metadata"]["name"]
    assert "plugins" not in made["spec"], "a drill must never write into the store of the backups"
