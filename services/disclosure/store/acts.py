"""Acts of people: one transaction holds the act, what follows from it, and what is told about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from libs.common.kernel.errors import Problem
from libs.common.kernel.spine import Outcome
from libs.common.runtime import outbox
from libs.common.runtime.database import Tx
from libs.common.runtime.looks import replace_looks
from services.disclosure.domain.record_file import RecordFile
from services.disclosure.domain.review import Deed
from services.disclosure.ports import Desk
from services.disclosure.store.files import RecordFiles

LINE = "records"
Decide = Callable[[RecordFile, Deed, Desk, datetime], Outcome[RecordFile] | Problem]


class Acts:
    """Does deeds.

    Args:
        decide: the pure decision (`handlers.do`).
    """

    def __init__(self, files: RecordFiles, decide: Decide) -> None:
        self._files = files
        self._decide = decide

    async def do(self, tx: Tx, deed: Deed) -> Problem | None:
        """Does one deed as of its instant; the refusal if it cannot be done, then nothing was written."""
        subject = await self._files.subject_of(tx, deed.record_id)
        if subject is None:
            return Problem("NO_RECORD", "", "没有这条记录", "there is no such record")
        files, desk = await self._files.load(tx, [subject], deed.at)
        outcome = self._decide(files[subject], deed, desk, deed.at)
        if isinstance(outcome, Problem):
            return outcome
        await self._files.save(tx, outcome, deed.at)
        await outbox.append(tx, outcome.facts)
        await replace_looks(tx, LINE, outcome.looks)
        return None
