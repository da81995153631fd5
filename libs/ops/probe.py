"""Asking the platform's processes how they are."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Mapping
from typing import Any

import orjson

from libs.ops.ports import LOOPBACK

TIMEOUT_SECONDS = 1.0


def ask(port: int, path: str, timeout_seconds: float = TIMEOUT_SECONDS) -> tuple[int, dict[str, Any]]:
    """Status and JSON body of one probe; status 0 with `{"reason": …}` when nobody answers."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=timeout_seconds)
    try:
        connection.request("GET", path, headers={"accept": "application/json"})
        answer = connection.getresponse()
        body = answer.read()
        content = orjson.loads(body) if body else {}
        return answer.status, content if isinstance(content, dict) else {"body": content}
    except (OSError, http.client.HTTPException):
        return 0, {"reason": "does not answer"}
    except orjson.JSONDecodeError:
        return 0, {"reason": f"{path} answered no JSON"}
    finally:
        connection.close()


def not_ready(ports: Mapping[str, int]) -> dict[str, str]:
    """Which of the processes at these ports do not say that they are ready, and what they say instead."""
    waiting = {}
    for name, port in ports.items():
        status, body = ask(port, "/readyz")
        if status != 200:
            waiting[name] = str(body.get("against") or body.get("reason") or f"answers {status}")
    return waiting


def listens(server: str) -> bool:
    """Whether somebody accepts connections at `host:port`."""
    host, _, port = server.strip().rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=1.0).close()
    except (OSError, ValueError):
        return False
    return True
