"""Persons' data sealed per case and purpose (decision 26)."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from libs.common.kernel.errors import ContractBroken
from libs.common.runtime.keyring import PURPOSES, create_keys, read_key
from libs.common.runtime.sealing import Aes256Gcm, KeyRef, Opener, Sealer, Seals, Wrapping, party_ref
from tests.spine.fakes import MemoryKeyStore

CASE = KeyRef("C-1", "case")
YEARS = {(purpose, year): secrets.token_bytes(32) for purpose in PURPOSES for year in (2025, 2026)}


def seals(*refs: KeyRef) -> Seals:
    """Seals with a fresh key for each reference."""
    return Seals({ref: secrets.token_bytes(32) for ref in refs}, Aes256Gcm())


def test_a_field_opens_for_its_case_event_and_name() -> None:
    """What was sealed comes back; the envelope shows nothing of it and differs each time."""
    hand = seals(CASE)
    one, two = (hand.seal(CASE, "e-1", "/party/name", "王小明") for _ in range(2))
    assert hand.open(CASE, "e-1", "/party/name", one) == "王小明"
    assert one != two
    assert "王" not in one


@pytest.mark.parametrize(("event_id", "field"), [("e-2", "/party/name"), ("e-1", "/party/id_no")])
def test_an_envelope_moved_to_another_place_does_not_open(event_id: str, field: str) -> None:
    """Event and field are bound into the envelope."""
    hand = seals(CASE)
    with pytest.raises(ContractBroken, match="does not belong"):
        hand.open(CASE, event_id, field, hand.seal(CASE, "e-1", "/party/name", "王小明"))


def test_a_forged_envelope_does_not_open() -> None:
    """One changed character is seen."""
    hand = seals(CASE)
    envelope = hand.seal(CASE, "e-1", "f", "13800138000")
    forged = envelope[:-2] + ("A" if envelope[-2] != "A" else "B") + envelope[-1]
    with pytest.raises(ContractBroken):
        hand.open(CASE, "e-1", "f", forged)


@pytest.mark.parametrize(
    "envelope",
    ["", "王小明", "s1.A256GCM.case.x", "s2.A256GCM.case.AA.AA", "s1.SM4.case.AA.AA", "s1.A256GCM.notify.AA.AA"],
)
def test_what_is_no_envelope_of_this_purpose_is_refused(envelope: str) -> None:
    """Clear text, another version, another suite, another purpose."""
    with pytest.raises(ContractBroken):
        seals(CASE).open(CASE, "e-1", "f", envelope)


async def test_the_same_case_gets_the_same_key_again() -> None:
    """A second sealer of a case opens what the first one sealed; purposes do not share a key."""
    store, wrapping = MemoryKeyStore(), Wrapping(YEARS)
    first = await Sealer(wrapping, store).seals(None, [CASE], 2026)
    again = await Opener(wrapping, store).seals(None, [CASE])
    other = KeyRef("C-1", "notify")
    assert again.open(CASE, "e", "f", first.seal(CASE, "e", "f", "x")) == "x"
    both = await Sealer(wrapping, store).seals(None, [CASE, other], 2026)
    with pytest.raises(ContractBroken):
        both.open(CASE, "e", "f", both.seal(other, "e", "f", "x"))


async def test_a_shredded_case_can_never_be_read_again() -> None:
    """After shredding every envelope of the case opens to None, of other cases not."""
    store, wrapping, other = MemoryKeyStore(), Wrapping(YEARS), KeyRef("C-2", "case")
    hand = await Sealer(wrapping, store).seals(None, [CASE, other], 2026)
    one, two = hand.seal(CASE, "e", "f", "x"), hand.seal(other, "e", "f", "y")
    await store.shred(None, ["C-1"])
    opener = await Opener(wrapping, store).seals(None, [CASE, other])
    assert opener.open(CASE, "e", "f", one) is None
    assert opener.open(other, "e", "f", two) == "y"


async def test_a_service_opens_only_what_its_purposes_allow() -> None:
    """Without the purpose's yearly key the data key stays wrapped."""
    store, notify = MemoryKeyStore(), {k: v for k, v in YEARS.items() if k[0] == "notify"}
    await Sealer(Wrapping(YEARS), store).seals(None, [CASE], 2026)
    with pytest.raises(ContractBroken, match="cannot be opened here"):
        await Opener(Wrapping(notify), store).seals(None, [CASE])


@pytest.mark.parametrize(("year", "used"), [(2025, "2025"), (2026, "2026"), (2030, "2026")])
def test_the_latest_yearly_key_up_to_the_year_wraps(year: int, used: str) -> None:
    """A new year's key that is not there yet does not stop the intake."""
    assert Wrapping(YEARS).wrap(CASE, b"k" * 32, year).split(".")[2] == used


def test_no_yearly_key_is_said() -> None:
    """A year before the first key has none."""
    with pytest.raises(ContractBroken, match="no wrapping key"):
        Wrapping(YEARS).wrap(CASE, b"k" * 32, 2024)


def test_a_wrapped_key_belongs_to_its_case() -> None:
    """Copied to another case it does not open."""
    wrapping = Wrapping(YEARS)
    with pytest.raises(ContractBroken, match="does not belong"):
        wrapping.unwrap(KeyRef("C-2", "case"), wrapping.wrap(CASE, b"k" * 32, 2026))


def test_a_party_is_the_same_however_it_is_typed() -> None:
    """Trimmed and upper-cased first (decision 28); another key, kind or number gives another reference."""
    key = b"k" * 32
    ref = party_ref(key, "resident_id", " 44010019900101123x ")
    assert ref == party_ref(key, "resident_id", "44010019900101123X")
    assert (
        len(
            {
                ref,
                party_ref(b"q" * 32, "resident_id", "44010019900101123X"),
                party_ref(key, "passport", "44010019900101123X"),
            }
        )
        == 3
    )
    assert len(ref) == 22


def test_key_files_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    """A second run makes nothing; nobody else can read them."""
    made = create_keys(tmp_path / "secrets", [2026])
    assert set(made) == {p.name for p in (tmp_path / "secrets").iterdir()}
    assert create_keys(tmp_path / "secrets", [2026]) == []
    assert {p.stat().st_mode & 0o777 for p in (tmp_path / "secrets").iterdir()} == {0o600}
    assert set(create_keys(tmp_path / "secrets", [2026, 2027])) == {f"seal.{p}.2027.key" for p in PURPOSES}


@pytest.mark.parametrize("content", [None, "", "short", "§§§"])
def test_a_bad_key_file_is_named(tmp_path: Path, content: str | None) -> None:
    """Missing, empty, too short, no base64."""
    if content is not None:
        (tmp_path / "cursor.key").write_text(content)
    with pytest.raises(ContractBroken, match=r"cursor\.key"):
        read_key(tmp_path, "cursor.key")
