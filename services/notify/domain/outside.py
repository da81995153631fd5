"""Alerts of others, as Prometheus sends them: identity, lifetime and merging are Alertmanager's (0.25)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from libs.common.kernel.errors import DataError, Problem
from services.notify.domain.grouping import Alert

LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
RESOLVE_TIMEOUT = timedelta(minutes=5)
FNV_OFFSET, FNV_PRIME, FNV_MASK = 0xCBF29CE484222325, 0x100000001B3, 0xFFFFFFFFFFFFFFFF
SEPARATOR = b"\xff"


def fingerprint(labels: Mapping[str, str]) -> str:
    """The identity of a set of labels: 64-bit FNV-1a over the sorted pairs, as Prometheus reckons it."""
    found = FNV_OFFSET
    for name in sorted(labels):
        for byte in name.encode() + SEPARATOR + labels[name].encode() + SEPARATOR:
            found = ((found ^ byte) * FNV_PRIME) & FNV_MASK
    return f"{found:016x}"


def read_pushed(raw: Any, pointer: str, now: datetime, resolve_timeout: timedelta) -> Alert:
    """One alert of `POST /api/v2/alerts`; `now` is the wall clock.

    Raises:
        DataError: what is wrong with it, with its place.
    """
    if not isinstance(raw, Mapping) or not isinstance(raw.get("labels"), Mapping):
        raise DataError(Problem("NO_LABELS", f"{pointer}/labels", "告警必须有 labels", "an alert needs labels"))
    labels = {str(name): str(value) for name, value in raw["labels"].items() if str(value)}
    wrong = next((name for name in labels if not LABEL.fullmatch(name)), None)
    if not labels or wrong is not None:
        message = f"标签名「{wrong}」不合规" if wrong else "告警至少要有一个非空标签"
        raise DataError(Problem("BAD_LABEL", f"{pointer}/labels/{wrong or ''}", message, "bad or missing labels"))
    notes = raw.get("annotations") or {}
    if not isinstance(notes, Mapping):
        raise DataError(Problem("NOT_A_MAPPING", f"{pointer}/annotations", "annotations 应是键值对", "not a mapping"))
    annotations = {str(name): str(value) for name, value in notes.items() if str(value)}
    if any("\x00" in word for pair in (*labels.items(), *annotations.items()) for word in pair):
        raise DataError(Problem("NUL", pointer, "文本不能含 NUL 字符", "texts must not hold NUL"))
    starts, ends = (_instant(raw.get(key), f"{pointer}/{key}") for key in ("startsAt", "endsAt"))
    starts_at = starts or ends or now
    if ends is not None and ends < starts_at:
        message = "结束时间早于开始时间"
        raise DataError(Problem("ENDS_FIRST", f"{pointer}/endsAt", message, "start time must be before end time"))
    return Alert(
        fingerprint(labels),
        labels,
        annotations,
        starts_at,
        expires_at=ends or now + resolve_timeout,
        generator_url=str(raw.get("generatorURL") or ""),
        timeout=ends is None,
    )


def _instant(value: Any, pointer: str) -> datetime | None:
    if value in (None, "") or str(value).startswith("0001-01-01"):
        return None
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise DataError(
            Problem("BAD_INSTANT", pointer, f"时间「{value}」写法不对", "not an RFC 3339 instant")
        ) from error
    if found.tzinfo is None:
        raise DataError(Problem("NO_OFFSET", pointer, f"时间「{value}」缺少时区", "the instant has no offset"))
    return found


def merge(known: Alert | None, new: Alert, now: datetime) -> Alert:
    """What is known of the alert after a push; times of activity that overlap become one."""
    if known is None or known.expires_at is None or new.expires_at is None:
        return new
    ends_inside = known.starts_at < new.expires_at < known.expires_at
    starts_inside = known.starts_at < new.starts_at < known.expires_at
    if not (ends_inside or starts_inside):
        return new
    merged = replace(new, starts_at=min(known.starts_at, new.starts_at))
    if known.expires_at <= new.expires_at:
        return merged
    # of two ends that are both past the later one counts; else one that somebody named beats one that is only supposed
    keeps = not known.fires_at(now) if not new.fires_at(now) else not known.timeout
    return replace(merged, expires_at=known.expires_at) if keeps else merged
