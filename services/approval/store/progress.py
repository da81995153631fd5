"""The applicant's look-up: a case number and something that only the applicant knows."""

from __future__ import annotations

import hmac

from libs.common.runtime.database import Database
from services.approval.domain.acts import Case
from services.approval.ports import Desk
from services.approval.store.cases import CaseFiles
from services.approval.store.owners import Owners
from services.approval.store.seals import secret_hash


class Progress:
    """Finds a case for its applicant."""

    def __init__(self, database: Database, files: CaseFiles, owners: Owners) -> None:
        self._database, self._files, self._owners = database, files, owners

    async def look(self, case_no: str, code: str) -> tuple[Case, Desk] | None:
        """The case when `code` is its query code or the last four characters of the applicant's ID, else None.

        A wrong number and a wrong code look the same.
        """
        given = secret_hash(self._owners.hash_key, case_no, code)
        async with self._database.reading() as tx:
            known = await self._owners.secrets(tx, case_no) or (None, None)
            if not any(hmac.compare_digest(given, secret) for secret in known if secret is not None):
                return None
            case = await self._files.one(tx, case_no)
            return (case, await self._files.desk(tx, [])) if case is not None else None
