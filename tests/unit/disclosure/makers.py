"""Events of approval, files and a desk for the tests of disclosure."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from libs.common.kernel.events.approval import CaseDecided, PenaltyChanged, PenaltyDecided, PenaltyRevoked
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.spine import Batch, Received
from services.disclosure import handlers
from services.disclosure.domain.policy import Policies, parse_policies
from services.disclosure.domain.record_file import RecordFile
from services.disclosure.ports import Desk

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 5, 20, 10, 0, tzinfo=ZONE)
POLICY_FILE = Path(handlers.__file__).parent / "data" / "policies.toml"
HASH = "ab" * 32


def policies() -> Policies:
    """The policies that ship."""
    return parse_policies(tomllib.loads(POLICY_FILE.read_text()))


def workdays(region: str | None, start: date, n: int) -> date | None:
    """Monday to Friday, to a horizon at the end of 2026: enough for tests that do not count holidays."""
    day = start
    while n:
        day += timedelta(days=1)
        n -= day.weekday() < 5
    return day if day.year <= 2026 else None


def desk(shown: dict[str, Any] | None = None) -> Desk:
    """The context of a batch."""
    return Desk(policies(), workdays, ZONE, shown or {})


def permit(case_no: str = "C-1", *, dataversion: int = 1, as_of: datetime = NOW, **changes: Any) -> Event:
    """`approval.case.decided` of one granted permit."""
    body: dict[str, Any] = {
        "case_no": case_no,
        "org_code": "11449900007123450X",
        "org_name": "临澜市卫生健康委员会",
        "region_code": "449900",
        "as_of": as_of.isoformat(),
        "item_code": "I-1",
        "item_name": "公共场所卫生许可",
        "result": "granted",
        "decision_hash": HASH,
        "decision": {"no": "临卫公许〔2026〕128号", "name": "准予行政许可决定书", "decided_on": "2026-05-18"},
        "licences": [
            {
                "name": "公共场所卫生许可证",
                "no": "临卫公证字〔2026〕第128号",
                "content": "准予从事住宿场所（宾馆）经营，客房 36 间",
                "valid_from": "2026-05-18",
                "valid_until": "2030-05-17",
            }
        ],
        "party_public": {
            "type": "individual_business",
            "display_name": "临澜市澜东区云汀宾馆",
            "code": "92449901MA7C2N5P08",
        },
    }
    return event("approval.case.decided", case_no, body | changes, CaseDecided, dataversion, as_of)


def penalty(case_no: str = "P-1", *, dataversion: int = 1, as_of: datetime = NOW, **changes: Any) -> Event:
    """`approval.penalty.decided` of one fine against a company."""
    body: dict[str, Any] = {
        "case_no": case_no,
        "org_code": "11449900007123450X",
        "org_name": "临澜市生态环境局",
        "region_code": "449900",
        "as_of": as_of.isoformat(),
        "decision_hash": HASH,
        "decision": {"no": "临环罚〔2026〕19号", "decided_on": "2026-05-18"},
        "party_public": {"type": "enterprise", "display_name": "临澜锦川印染有限公司", "code": "91449900MA7C2N5P0X"},
        "violation": "超标排放水污染物",
        "facts": "2026 年 4 月 2 日检查发现……",
        "basis": "水污染防治法第八十三条",
        "kinds": ["fine"],
        "content": "罚款人民币 125000 元",
        "fine": "125000",
        "gravity": "general",
    }
    return event("approval.penalty.decided", case_no, body | changes, PenaltyDecided, dataversion, as_of)


def changed(case_no: str = "P-1", *, reason: str = "复议变更", new: dict[str, Any] | None = None, **more: Any) -> Event:
    """`approval.penalty.changed`."""
    return _after("approval.penalty.changed", PenaltyChanged, case_no, reason, new=new, **more)


def revoked(case_no: str = "P-1", *, reason: str = "行政复议决定撤销原处罚", **more: Any) -> Event:
    """`approval.penalty.revoked`."""
    return _after("approval.penalty.revoked", PenaltyRevoked, case_no, reason, **more)


def _after(name: str, shape: type, case_no: str, reason: str, *, as_of: datetime = NOW, **more: Any) -> Event:
    body = {
        "case_no": case_no,
        "org_code": "11449900007123450X",
        "region_code": "449900",
        "as_of": as_of.isoformat(),
        "decision_hash": "cd" * 32,
        "decision_no": "临环罚〔2026〕19号",
        "reason": reason,
    }
    return event(name, case_no, body | {k: v for k, v in more.items() if v is not None}, shape, 1, as_of)


def event(name: str, subject: str, body: dict[str, Any], shape: type, dataversion: int, as_of: datetime) -> Event:
    """An event of approval with a typed body."""
    return Event(
        id=f"{name}:{subject}:{dataversion}:{as_of.isoformat()}",
        source="//sunlit/approval",
        type=name,
        subject=subject,
        time=as_of,
        receivedtime=as_of,
        dataversion=dataversion,
        data=msgspec.convert(body, shape),
    )


def received(item: Event, offset: int = 0) -> Received:
    """The event as the consumer hands it over."""
    return Received(item, b"", "approval.cases.v1", 0, offset, datetime(2026, 5, 20, tzinfo=UTC))


def file_of(*events: Event, now: datetime = NOW) -> RecordFile:
    """The file after the events, each in a batch of its own."""
    file = RecordFile(events[0].subject)
    for offset, item in enumerate(events):
        file = step(file, item, now=now, offset=offset)[0]
    return file


def step(
    file: RecordFile,
    *events: Event,
    looks: tuple[str, ...] = (),
    now: datetime = NOW,
    shown: dict[str, Any] | None = None,
    offset: int = 0,
) -> tuple[RecordFile, Any]:
    """One batch through the handler: the file after it, and the outcome."""
    batch = Batch(
        states={file.subject: file},
        context=desk(shown),
        events=tuple(received(e, offset + i) for i, e in enumerate(events)),
        looks=tuple((file.subject, kind) for kind in looks),
        now=now,
    )
    outcome = handlers.handle(batch)
    return outcome.states[file.subject], outcome
