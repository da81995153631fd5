"""The story of a case, act by act, as keys and values; the words stand in `services/approval/texts.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from libs.common.kernel.events.envelope import Event
from services.approval.domain import procedure as acts
from services.approval.domain.procedure import Procedure


@dataclass(frozen=True, slots=True)
class Word:
    """A code of the data that the catalogue has a text for: `Word("special", "inspection")`."""

    prefix: str
    code: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline.

    Args:
        at: when it happened.
        type: wire type of the act.
        key: text key below `approval.timeline`.
        values: what the text needs.
        note: what the hall wrote beside it (a reason, an opinion), or empty; never for the public.
        by: name or number of the handler; never for the public.
        event_id: the event that says so.
        is_key: one of the acts that move the case on.
    """

    at: datetime
    type: str
    key: str
    values: Mapping[str, str | date | int | Word] = field(default_factory=dict)
    note: str = ""
    by: str | None = None
    event_id: str | None = None
    is_key: bool = False


_KEY_ACTS = frozenset({acts.ACCEPTED, acts.SPECIAL_ENDED, acts.SUPPLEMENT_RECEIVED, acts.COLLECTED, *acts.ENDINGS})


def build_timeline(procedure: Procedure) -> tuple[Entry, ...]:
    """Every act of the case that stands, oldest first."""
    return tuple(_entry(event) for event in procedure.events)


def _entry(event: Event) -> Entry:
    key, values = _words(event)
    return Entry(
        at=event.time,
        type=event.type,
        key=key,
        values=values,
        note=_note(event),
        by=_by(event),
        event_id=event.id,
        is_key=event.type in _KEY_ACTS,
    )


def _by(event: Event) -> str | None:
    handler = getattr(event.data, "handler", None)
    return (handler.name or handler.no) if handler is not None else None


def _note(event: Event) -> str:
    return next((text for name in ("reason", "opinion") if (text := getattr(event.data, name, None))), "")


def _document(event: Event, name: str) -> str | None:
    document = getattr(event.data, name, None)
    return document.no if document is not None else None


def _words(event: Event) -> tuple[str, Mapping[str, str | date | int | Word]]:
    data = event.data
    match event.type:
        case acts.SUBMITTED if data.submit_channel:
            return "submitted_by", {"channel": Word("channel", data.submit_channel)}
        case acts.PREREVIEWED if data.state:
            return "prereviewed", {"state": Word("prereview", data.state)}
        case acts.ACCEPTED if number := _document(event, "accept_doc"):
            return "accepted_doc", {"no": number}
        case acts.REFUSED if data.refusal:
            return "refused", {"refusal": Word("refusal", data.refusal)}
        case acts.SUPPLEMENT_REQUESTED if data.materials:
            return "supplement_requested_n", {"n": len(data.materials)}
        case acts.SUPPLEMENT_RECEIVED if data.complete is False:
            return "supplement_incomplete", {}
        case acts.STEP:
            outcome = Word("outcome", data.outcome or "other")
            return "step", {"step": data.step_name or Word("step", data.step_code or "other"), "outcome": outcome}
        case acts.SPECIAL_STARTED:
            return _special(event)
        case acts.TRANSFERRED if data.to_org_code:
            return "transferred", {"org": data.to_org_code}
        case acts.COMPLETED if data.result:
            return _completion(event)
        case acts.COLLECTED if data.way:
            return "collected_by", {"way": Word("way", data.way)}
    return event.type.removeprefix("hall.").replace(".", "_"), {}


def _special(event: Event) -> tuple[str, Mapping[str, str | date | int | Word]]:
    data = event.data
    kind = Word("special", data.special_kind or "other_local")
    if data.special_kind == acts.EXTENSION:
        days = data.limit.value if data.limit is not None and data.limit.value is not None else 0
        return ("extension_days", {"n": days}) if days else ("extension", {})
    if number := _document(event, "notice"):
        return "special_started_notice", {"kind": kind, "no": number}
    return "special_started", {"kind": kind}


def _completion(event: Event) -> tuple[str, Mapping[str, str | date | int | Word]]:
    result = Word("result", event.data.result)
    decision = event.data.decision
    if decision is not None and decision.no:
        return "completed_decision", {"result": result, "no": decision.no}
    return "completed_result", {"result": result}
