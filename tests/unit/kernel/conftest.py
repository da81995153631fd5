"""What the kernel's tests share: the calendars of the project's own data files."""

from __future__ import annotations

import pytest

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.runtime.calendars import load_calendars


@pytest.fixture(scope="session")
def calendar() -> WorkingCalendar:
    """The national calendar, 2004 to 2026."""
    return load_calendars().default
