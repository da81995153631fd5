"""A supervision in memory that lives a whole season: files, months, looks and what files say of each other, in
order."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.reference import ItemPublished
from libs.common.kernel.spine import Batch
from libs.ops.simulate.items import item_body
from services.monitoring.domain.cards import Card
from services.monitoring.domain.case_file import CaseFile
from services.monitoring.domain.month import OrgMonth, org_file
from services.monitoring.handlers import case_key, is_of_case, supervise
from services.monitoring.ports import Across, FileRow, Office, Reference
from tests.unit.monitoring.makers import COUNTY, ZONE, office, received

ODD = ("returned", "voided", "deleted", "lapsed")
# looks that the store plans, beside those of the decision itself
OWN = ("hits", "month", "across")
GIVEN_BACK = ("returned", "withdrawn", "lapsed", "voided")


def catalogue() -> Reference:
    """The county's items as the platform publishes them."""
    bodies = [
        msgspec.convert({"version": 1, **item_body(COUNTY, item)}, ItemPublished, strict=False) for item in COUNTY.items
    ]
    return Reference(items={body.item_code: (body,) for body in bodies})


class World:
    """Takes events in order of their arrival; works every look at its own moment, and nothing before it is due."""

    def __init__(self, reference: Reference | None = None) -> None:
        self.files: dict[str, CaseFile] = {}
        self.told: list[Event] = []
        self._rows: dict[str, FileRow] = {}
        self._reference = reference or catalogue()
        self._due: list[tuple[datetime, str]] = []
        self._at: dict[str, dict[str, datetime]] = {}

    def live(self, events: Iterable[tuple[datetime, Event]], until: datetime) -> None:
        """The events with their instants of arrival, in order, and everything that falls due up to an instant."""
        for arrived_at, event in events:
            if arrived_at > until:
                break
            self.look(arrived_at)
            if is_of_case(event):
                self._do(arrived_at, case_key(event), event)
        self.look(until)

    def look(self, until: datetime) -> None:
        """Works off what is due."""
        while self._due and self._due[0][0] <= until:
            moment, key = heapq.heappop(self._due)
            kinds = [kind for kind, at in self._at.get(key, {}).items() if at == moment]
            if kinds:
                for kind in kinds:
                    del self._at[key][kind]
                self._do(moment, key)

    def rebuilt(self, events: list[tuple[datetime, Event]], until: datetime) -> World:
        """Another life: everything read first, in another order, then judged."""
        other = World(self._reference)
        for _, event in sorted(events, key=lambda pair: (pair[1].subject, pair[1].id), reverse=True):
            if is_of_case(event):
                other._do(until, case_key(event), event)
        other.look(until)
        return other

    def cards(self) -> list[Card]:
        """Every card that was not taken back by a later fact."""
        return [c for file in self.files.values() for c in file.cards.values() if c.state != "revoked"]

    def _do(self, now: datetime, key: str, event: Event | None = None) -> None:
        looks = () if event is not None else ((key, "clock"),)
        events = received([event]) if event is not None else ()
        outcome = supervise(Batch(self._states(key), self._office(now, key), events, looks, now))
        self.files.update(outcome.states)
        self.told += [fact.event for fact in outcome.facts]
        for subject, found in outcome.looks.items():
            self._at[subject] = {k: at for k, at in self._at.get(subject, {}).items() if k in OWN}
            for one in found:
                self._plan(subject, one.kind, one.due_at)
        for row in outcome.extra:
            self._note(row, now)

    def _states(self, key: str) -> Mapping[str, CaseFile]:
        return {key: self.files[key]} if key in self.files else {}

    def _plan(self, subject: str, kind: str, at: datetime) -> None:
        self._at.setdefault(subject, {})[kind] = at
        heapq.heappush(self._due, (at, subject))

    def _note(self, row: FileRow, now: datetime) -> None:
        key = row.file.case_no
        before = self._rows.get(key)
        self._rows[key] = row
        seen = row.proceeding
        if seen is None:
            return
        if row.is_fresh:
            for other in self._rows.values():
                his = other.proceeding
                if his is not None and (
                    his.original_case_no == key or (his.is_limited and his.item_code == seen.item_code)
                ):
                    self._plan(his.case_no, "across", now)
        if row.hits != (before.hits if before else ()):
            for hit in {*row.hits, *(before.hits if before else ())}:
                month = hit.became_true_at.astimezone(ZONE).date().replace(day=1)
                self._plan(org_file(seen.org_code, month), "hits", now)
        if seen.ended_on is not None and row.file.kind == "case":
            name = org_file(seen.org_code, seen.ended_on.replace(day=1))
            ends_at = OrgMonth(seen.org_code, "", "", seen.ended_on.replace(day=1), ZONE).ends_at
            if "month" not in self._at.get(name, {}):
                self._plan(name, "month", max(ends_at, now))

    def _office(self, now: datetime, key: str) -> Office:
        months = {key: self._month(key)} if key.startswith("org/") else {}
        return replace(office(now), reference=self._reference, months=months, across={key: self._across(key)})

    def _across(self, key: str) -> Across:
        row = self._rows.get(key)
        seen = row.proceeding if row else None
        if seen is None:
            return Across()
        original = self._rows.get(seen.original_case_no or "")
        was = original.proceeding if original else None
        gone = was is not None and was.ending is not None and was.ending.result in GIVEN_BACK
        overtaken = []
        if seen.is_limited and seen.ending is not None and seen.accepted is not None:
            for other in self._rows.values():
                his = other.proceeding
                if his is None or his is seen or not his.is_limited or his.accepted is None:
                    continue
                same = (his.item_code, his.org_code) == (seen.item_code, seen.org_code)
                was_open = his.ending is None or his.ending.at > seen.ending.at
                if same and his.accepted.time < seen.accepted.time and was_open:
                    overtaken.append(his.case_no)
        return Across(was.ended_on if gone and was else None, tuple(sorted(overtaken)))

    def _month(self, key: str) -> OrgMonth:
        _, org, text = key.split("/")
        month = OrgMonth(org, org, COUNTY.region_code, datetime.fromisoformat(f"{text}-01").date(), ZONE)
        mine: list[Any] = [r for r in self._rows.values() if r.proceeding is not None and r.proceeding.org_code == org]
        ended = [
            r for r in mine
            if r.file.kind == "case" and r.proceeding.ended_on is not None
            and r.proceeding.ended_on.replace(day=1) == month.first_on
        ]  # fmt: skip
        hits = [
            h for r in mine for h in r.hits if h.became_true_at.astimezone(ZONE).date().replace(day=1) == month.first_on
        ]
        first = {id(r): min(e.receivedtime or e.time for e in r.proceeding.events) for r in ended}
        return replace(
            month,
            hits=tuple(sorted(hits, key=lambda h: (h.became_true_at, h.case_no))),
            completions=len(ended),
            odd_ends=len([r for r in ended if r.proceeding.ending.result in ODD]),
            reported_late=len([r for r in ended if first[id(r)] > r.proceeding.ending.at]),
        )
