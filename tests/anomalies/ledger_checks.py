"""The accounts of the ledger: what must be true whatever happened to the workers."""

from __future__ import annotations

import msgspec

from tests.spine.house import House, Worker, until
from tests.spine.ledger import event_bytes

CASES = 50


def send(house: House, first: int, last: int) -> None:
    """Events first … last-1, spread over the cases."""
    house.send((f"C-{n % CASES}", event_bytes(n, f"C-{n % CASES}")) for n in range(first, last))


def effects(house: House) -> int:
    """Effects so far."""
    return int(house.one("SELECT count(*) FROM effect"))


def drained(house: House, worker: Worker) -> bool:
    """Whether a worker has nothing left to do."""
    status = worker.status()
    return status.get("lag") == 0 and status.get("outbox") == 0


def assert_exactly_once(house: House, events: int) -> None:
    """0 lost, 0 doubled: effects, states, inbox, and facts on the topic; each case in order."""
    found = house.rows("SELECT case_no, event_id FROM effect ORDER BY seq")
    assert len(found) == events
    assert {event_id for _, event_id in found} == {f"e-{n}" for n in range(events)}
    assert house.one("SELECT count(*) FROM dead_letter") == 0
    per_case = {f"C-{c}": range(c, events, CASES) for c in range(min(CASES, events))}
    states = {case_no: (seen, total) for case_no, seen, total in house.rows("SELECT case_no, seen, total FROM account")}
    assert states == {case_no: (len(numbers), sum(numbers)) for case_no, numbers in per_case.items()}
    for case_no, numbers in per_case.items():
        assert [e for c, e in found if c == case_no] == [f"e-{n}" for n in numbers]
    facts: dict[str, dict[int, None]] = {}  # first occurrence of each: the relay may repeat itself, never reorder
    for _, key, raw in house.read(house.out_topic):
        facts.setdefault(key, {})[msgspec.json.decode(raw)["data"]["number"]] = None
    assert {key: list(numbers) for key, numbers in facts.items()} == {k: list(v) for k, v in per_case.items()}


def all_done(house: House, worker: Worker, events: int, limit_s: float = 90) -> None:
    """Wait until every event took effect and every fact is published."""
    until(lambda: effects(house) >= events, limit_s)
    until(lambda: drained(house, worker), limit_s)
