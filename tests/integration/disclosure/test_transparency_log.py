"""The transparency log: proofs that anybody can check, and edits in the database that it finds."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta

import msgspec
import pytest

from libs.common.kernel.merkle import leaf_hash, verify_consistency, verify_inclusion
from services.disclosure.domain.audit import Report
from services.disclosure.domain.transparency import open_head
from services.disclosure.main import open_log, verify
from tests.integration.disclosure.conftest import House
from tests.unit.disclosure.makers import NOW, penalty, permit, revoked

pytestmark = pytest.mark.engines


async def audit(house: House) -> Report:
    return await verify(house.settings)


async def fill(house: House, permits: int) -> None:
    await house.take(*(permit(f"C-{n}") for n in range(permits)))


async def test_every_record_has_a_proof_that_a_stranger_can_check(house: House) -> None:
    """Content and salt give the leaf, leaf and path give the root, and the signed head states the root."""
    await fill(house, 6)
    await house.take(permit("C-0", dataversion=2, as_of=NOW + timedelta(hours=1), item_name="新名称"))
    head = await house.get("/log/head")
    for item in (await house.get("/records"))["items"]:
        proof = await house.get(f"/records/{item['record_id']}/proof")
        assert set(proof) == {"leaf_index", "tree_size", "leaf", "path", "root"}
        leaf = base64.b64decode(proof["leaf"])
        path = [bytes.fromhex(p) for p in proof["path"]]
        root = bytes.fromhex(proof["root"])
        assert verify_inclusion(leaf_hash(leaf), proof["leaf_index"], proof["tree_size"], path, root)
        assert (proof["tree_size"], proof["root"]) == (head["tree_size"], head["root"])
        last = (await house.get(f"/records/{item['record_id']}/history"))["items"][-1]
        salted = hashlib.sha256(bytes.fromhex(last["salt"]) + last["content"].encode()).hexdigest()
        assert msgspec.json.decode(leaf)["content"] == salted
    signed = open_head(head["checkpoint"], head["origin"], open_log(house.settings).public_key)
    assert signed is not None
    assert (signed.size, signed.root.hex()) == (7, head["root"])


async def test_the_log_only_grows(house: House) -> None:
    """Every earlier head is a prefix of every later one."""
    await fill(house, 11)
    roots: dict[int, bytes] = {}
    for second in range(1, 12):
        for first in range(1, second + 1):
            proof = await house.get("/log/consistency", first=first, second=second)
            old, new = bytes.fromhex(proof["first_root"]), bytes.fromhex(proof["second_root"])
            path = [bytes.fromhex(p) for p in proof["path"]]
            assert verify_consistency(first, second, old, new, path)
            assert roots.setdefault(second, new) == new
    answer = await house.client.get("/api/disclosure/v1/log/consistency", params={"first": 1, "second": 12})
    assert answer.status_code == 422


async def test_a_withdrawn_content_is_gone_and_its_leaf_still_proves_it(house: House) -> None:
    """Decision 29: the fingerprint stays provable, the content is not told."""
    await house.take(penalty())
    await house.take(revoked(as_of=NOW + timedelta(hours=1)))
    (item,) = (await house.get("/records"))["items"]
    first = await house.get(f"/records/{item['record_id']}/proof", release=1)
    leaf = base64.b64decode(first["leaf"])
    path = [bytes.fromhex(p) for p in first["path"]]
    assert verify_inclusion(leaf_hash(leaf), 0, 2, path, bytes.fromhex(first["root"]))
    history = (await house.get(f"/records/{item['record_id']}/history"))["items"]
    assert (history[0]["content"], history[0]["salt"]) == (None, None)


async def test_an_empty_and_a_full_log_are_intact(house: House) -> None:
    """The check finds nothing where nobody touched anything."""
    assert (await audit(house)).intact
    await fill(house, 9)
    await house.take(penalty())
    await house.take(revoked(as_of=NOW + timedelta(hours=1)))
    report = await audit(house)
    assert report.findings == ()
    assert (report.leaves, report.releases, report.records) == (11, 11, 10)


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        ("UPDATE release SET content = replace(content, '云汀', '别家') WHERE leaf_index = 3", "RELEASE_ALTERED"),
        ("UPDATE release SET at = at - interval '1 day' WHERE leaf_index = 3", "RELEASE_ALTERED"),
        ("UPDATE release SET salt = repeat('0', 32) WHERE leaf_index = 3", "RELEASE_ALTERED"),
        ("UPDATE release SET reason = '别的理由' WHERE leaf_index = 3", "RELEASE_ALTERED"),
        ("DELETE FROM release WHERE leaf_index = 3", "RELEASE_MISSING"),
        ("UPDATE log_leaf SET leaf = leaf || ' ' WHERE leaf_index = 3", "RELEASE_ALTERED"),
        ("DELETE FROM log_leaf WHERE leaf_index = 3", "LEAF_GAP"),
        ("UPDATE log_node SET hash = sha256(hash) WHERE level = 1 AND position = 1", "NODE_ALTERED"),
        ("DELETE FROM log_node WHERE level = 2 AND position = 0", "NODE_ALTERED"),
        ("UPDATE log_head SET root = sha256(root)", "ROOT_DIFFERS"),
        ("UPDATE log_head SET checkpoint = replace(checkpoint, E'\\n5\\n', E'\\n6\\n')", "HEAD_NOT_SIGNED"),
        ("UPDATE record SET fields = jsonb_set(fields, '{party_name}', '\"别家\"')", "PAGE_ALTERED"),
        ("UPDATE record SET status = 'withdrawn'", "PAGE_ALTERED"),
        ("UPDATE record SET title = '别的标题'", "PAGE_ALTERED"),
        ("UPDATE record SET haystack = '找不到'", "PAGE_ALTERED"),
        ("UPDATE record SET published_at = published_at + interval '1 day'", "PAGE_ALTERED"),
        ("UPDATE record SET release = 0, status = ''", "PAGE_ALTERED"),
        ("DELETE FROM record", "PAGE_MISSING"),
    ],
)
async def test_every_edit_made_directly_in_the_database_is_found(house: House, edit: str, code: str) -> None:
    """Content, instant, salt, reason, leaf, node, head or page: whatever is changed does not fit any more."""
    await fill(house, 5)
    await house.sql(edit)
    assert code in {finding.code for finding in (await audit(house)).findings}


async def test_a_forged_leaf_with_a_matching_release_changes_the_root(house: House) -> None:
    """Whoever rewrites release and leaf together still cannot make the signed root."""
    await fill(house, 5)
    await house.sql("DELETE FROM log_leaf WHERE leaf_index = 4")
    await house.sql("DELETE FROM release WHERE leaf_index = 4")
    codes = {finding.code for finding in (await audit(house)).findings}
    assert {"ROOT_DIFFERS", "PAGE_ALTERED"} <= codes
