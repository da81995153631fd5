"""Local fakes of the platforms' robots, gateways and applications: their real protocols, codes and limits."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

Reply = tuple[int, Any]
BURST = 20


@dataclass
class Platform:
    """One server; `queued` replies are given first, then the rules of the platform speak."""

    origin: str = ""
    queued: list[Reply] = field(default_factory=list)
    came: list[tuple[str, dict[str, list[str]], dict[str, str], Any]] = field(default_factory=list)
    taken: list[Any] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    """Many messages come at once: a short queue would make connections wait for a second."""

    request_queue_size = 256
    daemon_threads = True


@contextmanager
def platform(rule: Callable[[Platform, str, dict[str, list[str]], dict[str, str], Any], Reply]) -> Iterator[Platform]:
    """Serves `rule(platform, path, query, headers, body)`."""
    found = Platform()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(None)

        def do_POST(self) -> None:
            self.answer(json.loads(self.rfile.read(int(self.headers["content-length"]))))

        def answer(self, body: Any) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = (parts.path, parse_qs(parts.query), headers, body)
            found.came.append(asked)
            status, said = found.queued.pop(0) if found.queued else rule(found, *asked)
            raw = said.encode() if isinstance(said, str) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *args: Any) -> None:
            """Nothing: the test reads `came`."""

    server = _Server(("127.0.0.1", 0), Handler)
    found.origin = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def wecom(found: Platform, path: str, query: dict[str, list[str]], headers: dict[str, str], body: Any) -> Reply:
    """企业微信 robot: 20 messages, 4096 bytes of markdown."""
    if query.get("key") != ["right"]:
        return 200, {"errcode": 93000, "errmsg": "invalid webhook url"}
    if len(body["markdown"]["content"].encode()) > 4096:
        return 200, {"errcode": 45002, "errmsg": "content size out of limit"}
    if len(found.taken) >= BURST:
        return 200, {"errcode": 45009, "errmsg": "api freq out of limit"}
    found.taken.append(body["markdown"]["content"])
    return 200, {"errcode": 0, "errmsg": "ok"}


def dingtalk(found: Platform, path: str, query: dict[str, list[str]], headers: dict[str, str], body: Any) -> Reply:
    """钉钉 robot: signed with `quiet`, 20000 bytes."""
    stamp = query.get("timestamp", [""])[0]
    told = hmac.new(b"quiet", f"{stamp}\nquiet".encode(), hashlib.sha256).digest()
    if query.get("sign") != [base64.b64encode(told).decode()]:
        return 200, {"errcode": 310000, "errmsg": "sign not match"}
    if len(json.dumps(body, ensure_ascii=False).encode()) > 20_500:
        return 200, {"errcode": 40035, "errmsg": "too long"}
    found.taken.append(body["markdown"]["text"])
    return 200, {"errcode": 0, "errmsg": "ok"}


def feishu(found: Platform, path: str, query: dict[str, list[str]], headers: dict[str, str], body: Any) -> Reply:
    """飞书 robot: signed with `quiet`; the key of the HMAC is the text, its message is empty."""
    key = f"{body['timestamp']}\nquiet".encode()
    if body["sign"] != base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode():
        return 200, {"code": 19021, "msg": "sign match fail or timestamp is not within one hour"}
    found.taken.append(body["content"]["text"])
    return 200, {"code": 0, "msg": "success", "data": {}}


def wechat(found: Platform, path: str, query: dict[str, list[str]], headers: dict[str, str], body: Any) -> Reply:
    """企业微信 application: tokens t1, t2, …, of which the newest counts; doubles are taken once."""
    if path.endswith("/gettoken"):
        if query.get("corpsecret") != ["quiet"]:
            return 200, {"errcode": 40001, "errmsg": "invalid credential"}
        number = sum(asked[0].endswith("/gettoken") for asked in found.came)
        return 200, {"errcode": 0, "errmsg": "ok", "access_token": f"t{number}", "expires_in": 7200}
    number = sum(asked[0].endswith("/gettoken") for asked in found.came)
    if query.get("access_token") != [f"t{number}"]:
        return 200, {"errcode": 40014, "errmsg": "invalid access_token"}
    if body["touser"] == "nobody":
        return 200, {"errcode": 81013, "errmsg": "user & party & tag all invalid"}
    said = json.dumps(body, sort_keys=True)
    if not (body["enable_duplicate_check"] and said in found.taken):
        found.taken.append(said)
    return 200, {"errcode": 0, "errmsg": "ok", "msgid": "m-1", "invaliduser": ""}


def gateway(found: Platform, path: str, query: dict[str, list[str]], headers: dict[str, str], body: Any) -> Reply:
    """An SMS gateway: a token, a registered template, an id that it takes once; it answers 200 to everything."""
    if headers.get("authorization") != "Bearer quiet":
        return 401, {"code": 1, "message": "token"}
    if body["template"] != "SMS_1":
        return 200, {"code": 2, "message": "template not registered"}
    if headers["idempotency-key"] not in found.taken:
        found.taken.append(headers["idempotency-key"])
    return 200, {"code": 0, "msgid": "s-77"}
