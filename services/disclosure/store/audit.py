"""Reading the whole log back and checking it: what `sunlit verify log` runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from libs.common.kernel.merkle import CompactRange, leaf_hash
from libs.common.runtime.database import Tx
from services.disclosure.domain.audit import Finding, Report, StoredPage, StoredRelease, check_page, check_release
from services.disclosure.domain.transparency import Node, open_head
from services.disclosure.store.tables import log_head, log_leaf, log_node, record, release

CHUNK_ROWS = 5_000
_PAGE = [record.c[name] for name in StoredPage.__dataclass_fields__]
_STORED = [release.c[name] for name in StoredRelease.__dataclass_fields__]


async def verify_log(tx: Tx, origin: str, public_key: bytes) -> Report:
    """Checks leaves, subtree hashes, the signed head, every release and every public page against each other.

    Finds any edit made directly in the database: of a release, of a leaf, of a node, of the head, of a public row, and
    rows that were deleted or slipped in. Works in chunks; `tx` should be one snapshot (`Database.reading`).
    """
    top = (await tx.execute(sa.select(log_head))).one()
    findings: list[Finding] = []
    tree = CompactRange()
    while True:
        query = sa.select(log_leaf).where(log_leaf.c.leaf_index >= tree.size).order_by(log_leaf.c.leaf_index)
        leaves = (await tx.execute(query.limit(CHUNK_ROWS))).all()
        if not leaves:
            break
        if [leaf.leaf_index for leaf in leaves] != list(range(tree.size, tree.size + len(leaves))):
            findings.append(Finding("LEAF_GAP", f"leaf {tree.size}", "leaves are missing: their numbers do not follow"))
            break
        findings.extend(await _check_releases(tx, leaves))
        before, computed = tree.size, dict[Node, bytes]()
        for leaf in leaves:
            tree, made = tree.append(leaf_hash(leaf.leaf))
            computed.update(((level, position), value) for level, position, value in made)
        findings.extend(await _check_nodes(tx, before, tree.size, computed))
    findings.extend(_check_head(top, tree, origin, public_key))
    releases = int((await tx.execute(sa.select(sa.func.count()).select_from(release))).scalar_one())
    if releases > tree.size:
        findings.append(
            Finding("RELEASE_ALTERED", "table release", f"{releases - tree.size} releases were never logged")
        )
    records, altered = await _check_pages(tx)
    return Report(tree.size, releases, records, tree.root().hex(), (*findings, *altered))


async def _check_releases(tx: Tx, leaves: Sequence[Any]) -> list[Finding]:
    query = sa.select(*_STORED, release.c.leaf_index).where(
        release.c.leaf_index.between(leaves[0].leaf_index, leaves[-1].leaf_index)
    )
    stored = {row.leaf_index: _stored(row) for row in await tx.execute(query)}
    checked = (check_release(stored.get(leaf.leaf_index), leaf.leaf, leaf.leaf_index) for leaf in leaves)
    return [finding for finding in checked if finding is not None]


async def _check_nodes(tx: Tx, before: int, after: int, computed: dict[Node, bytes]) -> list[Finding]:
    """The stored subtrees that leaves [before, after) complete, against the computed ones."""
    findings: list[Finding] = []
    for level in range(after.bit_length()):
        query = sa.select(log_node).where(
            log_node.c.level == level,
            log_node.c.position >= before >> level,
            log_node.c.position < after >> level,
        )
        stored = {(row.level, row.position): row.hash for row in await tx.execute(query)}
        wanted = {node: value for node, value in computed.items() if node[0] == level}
        wrong = sorted(node for node in stored.keys() | wanted.keys() if stored.get(node) != wanted.get(node))
        findings.extend(
            Finding("NODE_ALTERED", f"level {n[0]} position {n[1]}", "a stored subtree hash differs from its leaves")
            for n in wrong
        )
    return findings


def _check_head(top: Any, tree: CompactRange, origin: str, public_key: bytes) -> list[Finding]:
    findings: list[Finding] = []
    if (top.size, top.root) != (tree.size, tree.root()):
        message = f"the head states {top.size} leaves; the {tree.size} leaves give another root"
        findings.append(Finding("ROOT_DIFFERS", "log_head", message))
    if top.size == 0 and not top.checkpoint:
        return findings
    signed = open_head(top.checkpoint, origin, public_key)
    if signed is None or (signed.size, signed.root) != (top.size, top.root):
        message = "the checkpoint does not carry our signature on this head"
        findings.append(Finding("HEAD_NOT_SIGNED", "log_head", message))
    return findings


async def _check_pages(tx: Tx) -> tuple[int, list[Finding]]:
    findings: list[Finding] = []
    after, records = "", 0
    newest = sa.select(release.c.record_id, sa.func.max(release.c.release).label("number")).group_by(
        release.c.record_id
    )
    latest = newest.subquery()
    while True:
        query = (
            sa.select(*_PAGE, *(column.label(f"last_{column.name}") for column in _STORED))
            .select_from(
                record.outerjoin(latest, latest.c.record_id == record.c.record_id).outerjoin(
                    release, (release.c.record_id == latest.c.record_id) & (release.c.release == latest.c.number)
                )
            )
            .where(record.c.record_id > after, (record.c.release > 0) | latest.c.record_id.is_not(None))
            .order_by(record.c.record_id)
            .limit(CHUNK_ROWS)
        )
        rows = (await tx.execute(query)).all()
        if not rows:
            break
        checked = (check_page(_page(row), _last(row)) for row in rows)
        findings.extend(finding for finding in checked if finding is not None)
        records, after = records + len(rows), rows[-1].record_id
    findings.extend(await _pages_gone(tx))
    return records, findings


def _page(row: Any) -> StoredPage:
    return StoredPage(**{name: getattr(row, name) for name in StoredPage.__dataclass_fields__})


def _last(row: Any) -> StoredRelease | None:
    if row.last_record_id is None:
        return None
    return StoredRelease(**{name: getattr(row, f"last_{name}") for name in StoredRelease.__dataclass_fields__})


async def _pages_gone(tx: Tx) -> list[Finding]:
    query = (
        sa.select(release.c.record_id)
        .distinct()
        .where(~sa.exists().where(record.c.record_id == release.c.record_id))
        .limit(CHUNK_ROWS)
    )
    return [
        Finding("PAGE_MISSING", f"record {row.record_id}", "a published record has lost its page")
        for row in await tx.execute(query)
    ]


def _stored(row: Any) -> StoredRelease:
    return StoredRelease(**{name: getattr(row, name) for name in StoredRelease.__dataclass_fields__})
