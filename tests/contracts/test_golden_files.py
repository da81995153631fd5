"""Every event that was ever sent decodes for ever, and other people's tools read what we write."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest
from cloudevents.core.bindings import kafka
from cloudevents.core.formats.json import JSONFormat

from libs.common.kernel.events import codec
from libs.common.kernel.events.judge import judged
from libs.common.kernel.events.registry import REGISTRY, TYPES
from libs.common.kernel.events.schemas import body_schema
from tests.contracts.golden_files import INTAKE, PUBLISHED, value, wire_type

published = pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
both = pytest.mark.parametrize("path", [*PUBLISHED, *INTAKE], ids=lambda path: f"{path.parent.name}/{path.stem}")


def test_every_type_and_version_has_a_golden_file() -> None:
    """A type without an example, or an example without a type, is a broken contract."""
    expected = {f"{info.type}.v{version}.json" for info in TYPES.values() for version in range(1, info.version + 1)}
    assert {path.name for path in PUBLISHED} == expected
    with_clear_party = {info.type for info in TYPES.values() if info.intake not in (None, info.struct)}
    assert {wire_type(path) for path in INTAKE} == with_clear_party


@published
def test_a_golden_event_says_the_same_after_a_round_trip(path: Path) -> None:
    """Decode, encode, decode: nothing is lost, nothing is added, offsets are kept."""
    event = codec.decode(path.read_bytes())
    again = codec.encode(event)
    assert json.loads(again) == value(path)
    assert codec.decode(again) == event
    assert codec.encode(codec.decode(again)) == again


@pytest.mark.parametrize("path", INTAKE, ids=lambda path: path.stem)
def test_a_golden_intake_event_says_the_same_after_a_round_trip(path: Path) -> None:
    """What a hall sends with the party in clear is read whole."""
    event = codec.decode_intake(path.read_bytes())
    assert json.loads(codec.encode(event)) == value(path)
    assert codec.parse_intake(value(path)) == event


@published
def test_the_slow_reading_agrees_with_the_quick_one(path: Path) -> None:
    """The strict path is the same contract, only with more to say."""
    assert judged(value(path), (), REGISTRY, from_hall=False) == codec.decode(path.read_bytes())


@both
def test_a_foreign_validator_takes_the_golden_body(path: Path) -> None:
    """The published JSON Schema, judged by jsonschema, takes what the codec takes."""
    schema = body_schema(TYPES[wire_type(path)], intake=path.parent.name == "intake")
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(value(path)["data"])


@published
def test_a_foreign_validator_refuses_what_the_codec_refuses(path: Path) -> None:
    """A body without a needed field is refused by the published JSON Schema as well."""
    info = TYPES[wire_type(path)]
    needed = [field.encode_name for field in msgspec.structs.fields(info.struct) if field.required]
    validator = jsonschema.Draft202012Validator(body_schema(info))
    for name in needed:
        event = value(path)
        del event["data"][name]
        assert not validator.is_valid(event["data"])
        problems = judged(event, (), REGISTRY, from_hall=False)
        assert isinstance(problems, tuple)
        assert [(problem.code, problem.pointer) for problem in problems] == [("MISSING_FIELD", f"/data/{name}")]


@published
def test_the_cloudevents_sdk_reads_what_we_write(path: Path) -> None:
    """The reference SDK sees the same attributes and the same body in our bytes."""
    event = codec.decode(path.read_bytes())
    theirs = JSONFormat().read(None, codec.encode(event))
    assert (theirs.get_id(), theirs.get_type(), theirs.get_source()) == (event.id, event.type, event.source)
    assert theirs.get_time() == event.time
    assert theirs.get_data() == value(path)["data"]
    assert theirs.get_extension("seqno") == event.seqno


@published
def test_we_read_what_the_cloudevents_sdk_writes(path: Path) -> None:
    """Binary mode on Kafka as the reference SDK makes it gives the same event."""
    message = kafka.to_binary_event(JSONFormat().read(None, path.read_bytes()))
    assert codec.decode(message.value, message.headers) == codec.decode(path.read_bytes())
