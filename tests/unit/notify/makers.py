"""Events of supervision and receivers of messages for the tests of notify."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event as Flag
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

from libs.common.kernel.events.codec import encode, new_event
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.supervision import CardIssued, CardSuperseded
from libs.common.kernel.spine import Received

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 10, 16, 35, tzinfo=ZONE)


def card(
    card_id: str = "K-1", severity: str = "red", *, at: datetime = NOW, over: bool = False, **changes: Any
) -> Event:
    """`supervision.card.issued`, or `.superseded` when it is over."""
    body = {
        "card_id": card_id,
        "rule_id": "S01",
        "severity": severity,
        "mode": "auto",
        "org_code": "QX-ZJ",
        "org_name": "住房和城乡建设局",
        "ground": "行政许可法第四十二条",
        "became_true_at": at,
        "state": "superseded" if over else "issued",
        "case_no": "JC-2026-0307-0012",
        "item_name": "建筑业企业资质核准",
        **changes,
    }
    source, subject = "//sunlit/monitoring", str(body["case_no"])
    if over:
        kind = "supervision.card.superseded"
        return new_event(kind, subject, CardSuperseded(**body), time=at, source=source, id=f"{card_id}/over")
    return new_event("supervision.card.issued", subject, CardIssued(**body), time=at, source=source, id=card_id)


def received(event: Event, offset: int = 0) -> Received:
    """An event as it comes from the topic of findings."""
    return Received(event, encode(event), "supervision.findings.v1", 0, offset, event.time)


@dataclass
class Hook:
    """A receiver of webhooks: answers `statuses` in turn (the last one for ever) and keeps what came."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [200])
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    silent: Flag = field(default_factory=Flag)
    released: Flag = field(default_factory=Flag)


@contextmanager
def webhook(statuses: Sequence[int] = (200,)) -> Iterator[Hook]:
    """A real HTTP server; while `silent` is set it takes a request and does not answer until `released`."""
    hook = Hook(statuses=list(statuses))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            hook.came.append(({name.lower(): value for name, value in self.headers.items()}, body))
            if hook.silent.is_set():
                hook.released.wait(60)
                return
            status = hook.statuses.pop(0) if len(hook.statuses) > 1 else hook.statuses[0]
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Nothing: the test reads `came`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hook.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        hook.released.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
