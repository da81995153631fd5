"""Whatever comes in is an event or a data error; whatever we write we read back the same."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common.kernel.errors import DataError
from libs.common.kernel.events import codec, codes
from libs.common.kernel.events.digest import content_digest
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.judge import judged
from libs.common.kernel.events.quality import quality_issues
from libs.common.kernel.events.registry import REGISTRY, TYPES
from tests.contracts.golden_files import INTAKE, PUBLISHED, value

GOLDEN = [path.read_bytes() for path in (*PUBLISHED, *INTAKE)]
TEXT = st.characters(exclude_categories=("Cs", "Cc"))
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=OFFSETS)
DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))
PATTERNS = {
    codes.CaseNo: st.text(
        st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/"), min_size=1, max_size=64
    ),
    codes.Digest: st.binary(min_size=32, max_size=32).map(bytes.hex),
    codes.Money: st.decimals(0, 10**14, places=2).map(str),
    codes.Points: st.decimals(-(10**8), 10**8, places=1).map(lambda points: str(points).replace("-0.0", "0.0")),
    codes.Due: st.one_of(DAYS.map(date.isoformat), INSTANTS.map(lambda at: at.isoformat(timespec="seconds"))),
}
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(TEXT, max_size=5),
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(TEXT, max_size=5), inner, max_size=3)
)


def of(wanted: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    origin, arguments = get_origin(wanted), get_args(wanted)
    if wanted in PATTERNS:
        return PATTERNS[wanted]
    if origin is Annotated:
        return bounded(*arguments[:2])
    if origin in (Union, UnionType):
        return st.one_of([st.none() if part is NoneType else of(part) for part in arguments])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return st.lists(of(arguments[0]), max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(st.text(TEXT, max_size=5), JSON if arguments[1] is Any else of(arguments[1]), max_size=2)
    plain = {str: st.text(TEXT, max_size=9), bool: st.booleans(), int: st.integers(-(2**53), 2**53), date: DAYS}
    if wanted in plain:
        return plain[wanted]
    return st.builds(wanted, **{field.name: of(field.type) for field in msgspec.structs.fields(wanted)})


def bounded(plain: Any, meta: msgspec.Meta) -> st.SearchStrategy[Any]:
    """Values of a type with bounds."""
    if plain is datetime:
        return INSTANTS
    if plain is int:
        return st.integers(meta.ge, meta.le)
    assert plain is str, plain
    assert meta.pattern is None, meta
    return st.text(TEXT, min_size=meta.min_length or 0, max_size=min(meta.max_length or 20, 20))


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Any event of any type of ours, its body as on its topic."""
    info = draw(st.sampled_from(sorted(TYPES.values(), key=lambda info: info.type)))
    data = draw(of(info.struct))
    label = st.text(TEXT, min_size=1, max_size=20)
    source = draw(label)
    subject = source if info.key == "source" else getattr(data, info.key) if info.key else draw(label)
    number = st.integers(1, 2**31 - 1)
    return Event(
        id=draw(label),
        source=source,
        type=info.type,
        subject=subject,
        time=draw(INSTANTS),
        data=data,
        recordedtime=draw(st.none() | INSTANTS),
        receivedtime=draw(st.none() | INSTANTS),
        dataversion=draw(number),
        seqno=draw(number),
        regioncode=draw(st.none() | st.text(TEXT, max_size=9)),
        dataschema=draw(st.sampled_from([None, info.dataschema])),
    )


@given(events())
@settings(deadline=None, max_examples=300)
def test_what_we_write_we_read_back_the_same(event: Event) -> None:
    """Every typed event survives the wire, on the quick path and on the slow one, offsets included."""
    raw = codec.encode(event)
    again = codec.decode(raw)
    assert again == event
    assert again.time.utcoffset() == event.time.utcoffset()
    assert judged(json.loads(raw), (), REGISTRY, from_hall=False) == event
    assert content_digest(raw) == content_digest(event)
    quality_issues(again)


def never_crashes(raw: bytes) -> None:
    """Every door answers with an event or with a data error that can be shown and sent."""
    for read in (codec.decode, codec.decode_intake, codec.split_batch, content_digest):
        try:
            read(raw)
        except DataError as error:
            assert 0 < len(error.problems) <= 20
            for problem in error.problems:
                msgspec.json.encode(problem)
    codec.parse_intake(raw)
    headers = {"ce_specversion": b"1.0", "ce_type": b"hall.case.accepted", "content-type": b"application/json"}
    with pytest.raises(DataError):
        codec.decode(raw, headers)


@given(st.one_of(st.binary(max_size=200), JSON.map(lambda made: json.dumps(made).encode())))
@settings(deadline=None)
def test_any_bytes_are_an_event_or_a_data_error(raw: bytes) -> None:
    """Random bytes and random JSON."""
    never_crashes(raw)


@given(
    st.sampled_from(GOLDEN),
    st.lists(
        st.tuples(
            st.floats(0, 1, exclude_max=True),
            st.integers(0, 4),
            st.sampled_from(
                [b"", b'"', b"\\", b"\\ud800", b"\xff", b"{", b"]", b"NaN", b"1e999", b"\x00", b"null,", b"9" * 30]
            )
            | st.binary(max_size=4),
        ),
        min_size=1,
        max_size=4,
    ),
)
@settings(deadline=None, max_examples=400)
def test_a_damaged_event_is_an_event_or_a_data_error(raw: bytes, wounds: list[tuple[float, int, bytes]]) -> None:
    """Golden bytes with pieces cut out and rubbish put in."""
    for share, cut, rubbish in wounds:
        at = int(share * len(raw))
        raw = raw[:at] + rubbish + raw[at + cut :]
    never_crashes(raw)


@given(st.sampled_from([*PUBLISHED, *INTAKE]), st.data())
@settings(deadline=None, max_examples=400)
def test_an_event_with_other_values_is_an_event_or_told_why(path: Any, data: st.DataObject) -> None:
    """A golden event in which any one value is replaced by any JSON never makes a reader crash."""
    event = value(path)
    spots: list[tuple[Any, Any]] = []
    waiting: list[Any] = [event]
    while waiting:
        node = waiting.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        spots.extend((node, key) for key in keys)
        waiting.extend(node[key] for key in keys)
    node, key = data.draw(st.sampled_from(spots))
    node[key] = data.draw(JSON)
    answer = codec.parse_intake(event)
    assert isinstance(answer, Event) or all(problem.message and problem.message_en for problem in answer)
    never_crashes(json.dumps(event).encode())
