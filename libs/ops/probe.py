"""Asking the platform's processes how they are."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Mapping
from typing import Any

import orjson

from libs.ops.ports import LOOPBACK

TIMEOUT_SECONDS = 1.0

Place = int | str  # a port of this machine, or host:port elsewhere


def host_and_port(place: Place) -> tuple[str, int]:
    """Where to connect to.

    Raises:
        ValueError: it is no `host:port`.
    """
    if isinstance(place, int):
        return LOOPBACK, place
    host, _, port = place.strip().rpartition(":")
    if not host:
        raise ValueError(f"{place!r} is no host:port")
    return host.strip("[]"), int(port)


def ask(place: Place, path: str, timeout_seconds: float = TIMEOUT_SECONDS) -> tuple[int, dict[str, Any]]:
    """Status and JSON body of one probe; status 0 with `{"reason": …}` when nobody answers."""
    host, port = host_and_port(place)
    connection = http.client.HTTPConnection(host, port, timeout=timeout_seconds)
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


def not_ready(places: Mapping[str, Place]) -> dict[str, str]:
    """Which of the processes at these places do not say that they are ready, and what they say instead."""
    waiting = {}
    for name, place in places.items():
        status, body = ask(place, "/readyz")
        if status != 200:
            waiting[name] = str(body.get("against") or body.get("reason") or f"answers {status}")
    return waiting


def listens(server: str) -> bool:
    """Whether somebody accepts connections at `host:port`."""
    try:
        socket.create_connection(host_and_port(server), timeout=1.0).close()
    except (OSError, ValueError):
        return False
    return True
