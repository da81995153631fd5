"""`python -m libs.ops.drill`: restore the latest backup beside the platform, read it through, throw it away.

Runs as a CronJob with a token that may make, see and delete one CloudNativePG cluster, see the one that is backed up,
and nothing else. It succeeds only when the restored database holds the whole transparency log: every leaf, release and
head is computed anew, so a backup that lost a row in the middle fails, not only one that does not start.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from libs.common.runtime.settings import Settings
from libs.common.runtime.telemetry import log, setup_logging
from libs.ops.errors import ExitCode
from services.disclosure import main as disclosure

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
SERVER = "https://kubernetes.default.svc"
NAME = "sunlit-drill"
SOURCE = "sunlit-db"
STORE = "sunlit-backups"
PATIENCE_SECONDS = 3 * 3600.0
PAUSE_SECONDS = 15.0
REQUEST_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ApiServer:
    """The clusters of one namespace at a Kubernetes API server.

    Args:
        token: read anew for each request, since it rotates.
        ca: who signs for the server; None = plain HTTP or the system's authorities.
    """

    server: str
    namespace: str
    token: Callable[[], str]
    ca: Path | None = None

    def ask(self, method: str, name: str = "", body: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """One request; None when there is no such cluster.

        Raises:
            httpx.HTTPStatusError: the server refuses.
        """
        path = f"/apis/postgresql.cnpg.io/v1/namespaces/{self.namespace}/clusters{'/' + name if name else ''}"
        answer = httpx.request(
            method,
            self.server + path,
            json=body,
            headers={"authorization": f"Bearer {self.token()}"},
            timeout=REQUEST_SECONDS,
            verify=ssl.create_default_context(cafile=str(self.ca)) if self.ca else True,
            trust_env=False,
        )
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        told: dict[str, Any] = answer.raise_for_status().json()
        return told


def restored(source: Mapping[str, Any]) -> dict[str, Any]:
    """The cluster to be made: one instance as large as the source, from its newest backup and all archived since."""
    plugin = {
        "name": "barman-cloud.cloudnative-pg.io",
        "parameters": {"barmanObjectName": STORE, "serverName": SOURCE},
    }
    kept = {name: source["spec"][name] for name in ("imageName", "storage", "walStorage") if name in source["spec"]}
    spec = kept | {
        "instances": 1,
        "bootstrap": {"recovery": {"source": SOURCE, "database": "sunlit", "owner": "sunlit"}},
        "externalClusters": [{"name": SOURCE, "plugin": plugin}],
        "resources": {"requests": {"cpu": "500m", "memory": "2Gi"}, "limits": {"memory": "2Gi"}},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    return {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Cluster",
        "metadata": {"name": NAME, "labels": {"sunlit/purpose": "restore-drill"}},
        "spec": spec,
    }


def is_healthy(cluster: Mapping[str, Any]) -> bool:
    """Whether its one instance is ready."""
    status = cluster.get("status", {})
    return bool(status.get("readyInstances") == 1 and status.get("currentPrimary"))


def wait(server: ApiServer, wanted: Callable[[dict[str, Any] | None], bool], patience_s: float, pause_s: float) -> None:
    """Return when the cluster is as wanted.

    Raises:
        TimeoutError: it does not become so; says what it is.
    """
    until = time.monotonic() + patience_s
    while not wanted(found := server.ask("GET", NAME)):
        if time.monotonic() > until:
            phase = (found or {}).get("status", {}).get("phase", "gone")
            raise TimeoutError(f"{NAME} does not become ready: {phase}")
        time.sleep(pause_s)


def drill(
    server: ApiServer,
    check: Callable[[], list[str]],
    *,
    patience_s: float = PATIENCE_SECONDS,
    pause_s: float = PAUSE_SECONDS,
) -> list[str]:
    """Restore, check, delete; returns what the check found. What an earlier run left behind is deleted first.

    Args:
        check: reads the restored database; a finding a line, none = whole.

    Raises:
        TimeoutError: the restored cluster does not become ready.
        LookupError: there is nothing to restore.
    """
    source = server.ask("GET", SOURCE)
    if source is None:
        raise LookupError(f"there is no cluster {SOURCE}")
    if server.ask("GET", NAME) is not None:
        server.ask("DELETE", NAME)
        wait(server, lambda found: found is None, patience_s, pause_s)
    server.ask("POST", body=restored(source))
    try:
        wait(server, lambda found: found is not None and is_healthy(found), patience_s, pause_s)
        return check()
    finally:
        server.ask("DELETE", NAME)


def read_through(settings: Settings) -> list[str]:
    """Compute the whole transparency log of the restored database anew."""
    report = asyncio.run(disclosure.verify(settings))
    findings = [f"{finding.code} {finding.place}: {finding.message}" for finding in report.findings]
    if not report.leaves:
        findings.append("the restored transparency log is empty")
    log("sunlit.drill").info("drill_read", leaves=report.leaves, releases=report.releases, root=str(report.root))
    return findings


def main() -> int:
    """The CronJob."""
    settings = Settings()
    setup_logging("drill", "job", settings.log_level)
    namespace = (ACCOUNT / "namespace").read_text(encoding="utf-8").strip()
    server = ApiServer(
        SERVER, namespace, lambda: (ACCOUNT / "token").read_text(encoding="utf-8").strip(), ACCOUNT / "ca.crt"
    )
    findings = drill(server, lambda: read_through(settings))
    for finding in findings:
        log("sunlit.drill").error("drill_found", finding=finding)
    return ExitCode.REFUSED if findings else ExitCode.DONE


if __name__ == "__main__":
    sys.exit(main())
