"""How a notification is put into words on a page: its line, its life, and what happened to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from libs.common.runtime.cursors import Cursors
from libs.common.web.catalogue import Texts
from libs.common.web.formats import Formats
from libs.common.web.frame import NavGroup, NavItem
from services.notify.store_queries import DeliveryRow, NotificationRow, Place

OPEN_STATES = ("waiting", "snoozed", "acknowledged")
LIFE = ("triggered", "sent", "delivered", "signed", "settled")


class Words:
    """The wording of one language on one page."""

    def __init__(self, texts: Texts, formats: Formats) -> None:
        self.t = texts
        self.f = formats

    def title(self, row: NotificationRow) -> str:
        """What it says; the Chinese text is what was sent."""
        if self.t.language != "en":
            return row.title
        if len(row.alerts) == 1:
            return str(row.alerts[0]["annotations"].get("summary_en") or row.title)
        return self.t("inbox.many", n=len(row.alerts))

    def lines(self, row: NotificationRow) -> list[str]:
        """The text under the title."""
        if self.t.language != "en":
            return list(row.lines)
        return [self._line(alert) for alert in row.alerts[:20]]

    def _line(self, alert: Mapping[str, Any]) -> str:
        words = alert["annotations"]
        text = str(words.get("summary_en") or words.get("summary") or alert["fingerprint"])
        return f"{self.t('inbox.over')} {text}" if alert["status"] == "resolved" else text

    def light(self, row: NotificationRow) -> str:
        """The light beside it: a source that fell silent is grey, all else is its gravest finding."""
        if row.alerts and all(alert["labels"].get("source") for alert in row.alerts):
            return "grey"
        return row.severity if row.severity in ("red", "yellow", "notice") else "notice"

    def links(self, row: NotificationRow) -> list[tuple[str, str]]:
        """(words, address) of what it is about, the first few."""
        found = []
        for alert in row.alerts[:5]:
            link = alert["annotations"].get("link", "")
            if link:
                found.append((str(alert["labels"].get("case_no") or alert["labels"].get("alertname") or link), link))
        return found

    def why(self, row: NotificationRow, ways: Sequence[DeliveryRow]) -> str:
        """The node of the tree that sent it here, and the posts that read it."""
        posts = "、".join(way.target for way in ways if way.channel == "inbox") or "-"
        if not row.route_words:
            return self.t("inbox.why_root", receiver=row.receiver, posts=posts)
        return self.t("inbox.why", path=row.route_path, words=row.route_words, receiver=row.receiver, posts=posts)

    def channel(self, way: DeliveryRow) -> str:
        """Way and address."""
        return f"{self.t('channel.' + way.channel)} {way.target}"

    def life(self, row: NotificationRow, ways: Sequence[DeliveryRow]) -> list[dict[str, str]]:
        """Five points: it became true, it was sent, it arrived, somebody signed, it is over."""
        sent = any(way.attempts for way in ways) or any(way.state != "pending" for way in ways)
        states = {way.state for way in ways}
        arrived = "done" if states & {"sent", "merged"} else "bad" if "failed" in states else "wait"
        over = row.state == "settled"
        signed = "done" if row.acknowledged_at else "todo" if over or row.state == "replaced" else "wait"
        points = ("done", "done" if sent else "wait", arrived, signed, "done" if over else "todo")
        return [
            {"text": self.t(f"life_points.{name}"), "state": state} for name, state in zip(LIFE, points, strict=True)
        ]

    def note(self, row: NotificationRow, ways: Sequence[DeliveryRow]) -> str:
        """The words under the life line."""
        failed = sum(way.state == "failed" for way in ways)
        if failed:
            return self.t("inbox.note_failed", n=failed)
        if row.state == "acknowledged" and row.acknowledged_at is not None:
            return self.t("inbox.note_signed", at=self.f.instant(row.acknowledged_at), by=row.acknowledged_by)
        return self.t(f"inbox.note_{row.state}", at=self.f.instant(row.legal_at))

    def item(self, row: NotificationRow, ways: Sequence[DeliveryRow]) -> dict[str, Any]:
        """One notification for a template."""
        return {
            "id": row.notification_id,
            "title": self.title(row),
            "lines": self.lines(row),
            "light": self.light(row),
            "state": row.state,
            "at": row.legal_at,
            "receiver": row.receiver,
            "reason": self.t(f"reason.{row.reason}"),
            "life": self.life(row, ways),
            "note": self.note(row, ways),
            "why": self.why(row, ways),
            "links": self.links(row),
            "route": row.route_path,
            "signed": row.acknowledged_at is not None,
            "open": row.state in OPEN_STATES,
            "signatures": list(row.signatures),
            "everyone": row.everyone,
            "chain": row.chain,
            "step": row.step,
        }

    def timeline(self, row: NotificationRow, ways: Sequence[DeliveryRow]) -> list[dict[str, Any]]:
        """What happened to it, in order, and what it waits for."""
        began = min((alert["starts_at"] for alert in row.alerts), default=row.legal_at.isoformat())
        entries = [
            self._entry(began, "life_points.triggered", self.t("inbox.alerts", n=len(row.alerts)), "key"),
            self._entry(row.legal_at, "inbox.made", self.t(f"reason.{row.reason}"), "key"),
            *(self._way(way) for way in ways),
        ]
        if row.acknowledged_at is not None:
            entries.append(self._entry(row.acknowledged_at, "life_points.signed", row.acknowledged_by or "", "key"))
        elif row.state in ("waiting", "snoozed"):
            text = self.t("inbox.snoozed_until", at=self.f.instant(row.snoozed_until)) if row.state == "snoozed" else ""
            entries.append(self._entry(None, "inbox.waits", text, "next"))
        if row.state == "replaced":
            entries.append(self._entry(None, "inbox.replaced", "", "next"))
        if row.state == "settled":
            entries.append(self._entry(None, "life_points.settled", self.t("inbox.nothing_fires"), "key"))
        return entries

    def _way(self, way: DeliveryRow) -> dict[str, Any]:
        if way.state == "sent":
            text = self.channel(way)
            if way.channel == "letter":
                text = self.t("inbox.way_letter", way=text, receipt=way.receipt or "-")
            elif way.channel not in ("inbox", "console"):
                text = self.t("inbox.way_sent", way=text, n=way.attempts, receipt=way.receipt or "-")
            return self._entry(way.settled_legal_at or way.legal_at, "life_points.delivered", text, "key")
        if way.state == "merged":
            text = self.t("inbox.way_merged", way=self.channel(way))
            return self._entry(way.settled_legal_at or way.legal_at, "life_points.delivered", text, "key")
        if way.state == "failed":
            text = self.t("inbox.way_failed", way=self.channel(way), error=way.error or "-")
            return self._entry(way.settled_legal_at or way.legal_at, "inbox.undelivered", text, "red")
        if way.held:
            return self._entry(None, "inbox.on_its_way", self.t("inbox.way_held", way=self.channel(way)), "next")
        if way.channel == "letter":
            return self._entry(None, "inbox.on_its_way", self.t("inbox.way_to_print", way=self.channel(way)), "next")
        text = self.t("inbox.way_pending", way=self.channel(way), n=way.attempts, error=way.error or "-")
        return self._entry(None, "inbox.on_its_way", text, "next")

    def _entry(self, at: Any, key: str, text: str, kind: str) -> dict[str, Any]:
        return {
            "at": self.f.instant(at) if at is not None else self.t("inbox.now"),
            "datetime": self.f.instant_iso(at) if at is not None else "",
            "title": self.t(key),
            "text": text,
            "href": "",
            "light": "",
            "kind": kind,
        }


def side(t: Texts, counts: Mapping[str, int] | None, here: str) -> list[NavGroup]:
    """The side navigation; `counts` None = they were not counted for this page, `here` is the current place."""
    boxes = [
        NavItem(
            t(f"state.{state}"),
            f"/notify/?state={state}",
            None if counts is None else counts.get(state, 0),
            here == state,
        )
        for state in (*OPEN_STATES, "settled")
    ]
    return [
        NavGroup(t("inbox.boxes"), [NavItem(t("inbox.overview"), "/notify/", current=here == "inbox"), *boxes]),
        NavGroup(
            t("log.title"),
            [
                NavItem(t("log.all"), "/notify/deliveries", current=here == "log"),
                NavItem(t("log.failed"), "/notify/deliveries?state=failed", current=here == "failed"),
            ],
        ),
        NavGroup(
            t("routing.rules"),
            [
                NavItem(t("routing.title"), "/notify/routing", current=here == "routing"),
                NavItem(t("silence.title"), "/notify/silences", current=here == "silences"),
                NavItem(t("roster.title"), "/notify/rosters", current=here == "rosters"),
            ],
        ),
    ]


def read_place(cursors: Cursors, scope: str, cursor: str) -> Place | None:
    """The place behind which a page of a list begins; raises DataError for a cursor that is not ours."""
    if not cursor:
        return None
    at, identity = cursors.read(scope, cursor)
    return at, identity


def write_place(cursors: Cursors, scope: str, place: Place | None) -> str | None:
    """The cursor of the next page, if there is one."""
    return None if place is None else cursors.write(scope, list(place))
