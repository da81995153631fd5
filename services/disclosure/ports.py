"""What disclosure's handlers need from outside: policies, working days, the legal zone and the public page itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from services.disclosure.domain.policy import Policies
from services.disclosure.domain.settlement import Workdays


@dataclass(frozen=True, slots=True)
class Desk:
    """The context of a batch.

    Args:
        workdays: (region, start, n) -> the n-th working day after start, None past the calendar's horizon.
        zone: the legal time zone; days begin and end in it.
        shown: by record, the fields that a visitor of the portal is shown at this moment, read back from the same
            view that the public API and the pages read.
    """

    policies: Policies
    workdays: Workdays
    zone: ZoneInfo
    shown: Mapping[str, Mapping[str, Any]]
