"""Loads the calendar files into kernel values: one file per year, each naming the notice it comes from."""

from __future__ import annotations

from pathlib import Path

import msgspec

from libs.common.kernel.calendar import Calendars, CalendarYear, WorkingCalendar
from libs.common.kernel.errors import ContractBroken

FOLDER = Path(__file__).parents[1] / "data" / "calendars"


def load_calendars(folder: Path = FOLDER) -> Calendars:
    """The national calendar of `folder`: announced years in `<year>.json`, reckoned ones in `provisional/<year>.json`.

    A reckoned year for which a notice is loaded is left out.

    Raises:
        ContractBroken: a file that is no calendar year, names another year than it holds, or years that do not follow.
    """
    years = _read(folder)
    if not years:
        raise ContractBroken(f"{folder}: no calendar file, put one <year>.json per announced year there")
    reckoned = tuple(year for year in _read(folder / "provisional") if year.year > years[-1].year)
    region = years[0].region
    return Calendars(WorkingCalendar(calendar_id=region, region=region, years=years, reckoned=reckoned))


def _read(folder: Path) -> tuple[CalendarYear, ...]:
    return tuple(_year(path) for path in sorted(folder.glob("[0-9][0-9][0-9][0-9].json")))


def _year(path: Path) -> CalendarYear:
    try:
        year = msgspec.json.decode(path.read_bytes(), type=CalendarYear)
    except msgspec.MsgspecError as error:
        raise ContractBroken(f"{path}: no calendar year: {error}") from error
    if path.stem != str(year.year):
        raise ContractBroken(f"{path}: holds the year {year.year}, rename the file or mend the year")
    return year
