"""The day strip: why a deadline is this date, drawn once per day, so that a person can count it again.

Input is one or more clocks as lists of days (the trace of `kernel.statutory_clock`); output is what the template draws:
columns, rows of merged cells, marks under the axis, weeks for narrow screens, and the sum "41 − 9 − 7 − 5 = 20".
Pure: no clock is read, `today` is a parameter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

# The kinds of a day. `counted` and `make_up` count; all others say why they do not. `over` is a counted day after the
# due day; `claimed` is a pause that a hall claims and the law does not know: it stands in the hall's own row.
COUNTED_KINDS = frozenset({"counted", "make_up", "over"})
KINDS = COUNTED_KINDS | {"start", "weekend", "holiday", "pause", "claimed"}
_MERGED = frozenset({"holiday", "pause", "claimed"})

WIDE_DAYS = 56  # more days than this do not fit one line of a 1366 px screen
_LINE_PX = 950  # the line without its row heads on such a screen
_MARK_GAP = 5  # columns between two marks under the axis, so that their words do not touch
_DIFFERENCES = 5  # a few differing days are worth a frame; more would be noise
_FOLD_WEEKS = 3  # this many like weeks in a row become one line


@dataclass(frozen=True, slots=True)
class StripDay:
    """One day of one clock.

    Args:
        n: its number when it counts; days over when the kind is `over`.
        why: the whole reason, for the pointer and for the list of days.
        label: the short word of a holiday or a pause ("春节", "专家评审"), drawn over its days and said in the sum.
    """

    on: date
    kind: str
    n: int | None = None
    why: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class StripClock:
    """One clock on the strip.

    Args:
        name: "法定 20 个工作日".
        days: from the event day (kind `start`, never counted, C2) to at least the due day.
        due_on: the day on which the limit is full (C3); None when no calendar reaches so far.
        provisional: the due day lies past the published calendar.
        light: the light that days after the due day turn on (`yellow` or `red`).
        ground: the articles of the limit, for the sum.
        is_calendar: counted in calendar days (C6), so that the sum says days and not working days.
    """

    name: str
    days: Sequence[StripDay]
    due_on: date | None
    provisional: bool = False
    light: str = "red"
    ground: str = ""
    is_calendar: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A day of the axis."""

    on: date
    is_off: bool
    is_make_up: bool
    is_today: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """Days of a row that are drawn as one: `style` names the look, `text` the number, `why` and `label` the reason."""

    style: str
    first: date
    span: int = 1
    text: str = ""
    why: str = ""
    label: str = ""
    n: int | None = None
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A word under the axis: kind is start, make_up, differs, today or due; `side` keeps it inside the frame."""

    kind: str
    on: date
    column: int
    side: str
    row: int = 0


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days, Monday first, each with one cell per clock; `folded` weeks stand for like ones that follow."""

    days: Sequence[tuple[Column | None, Sequence[Cell | None]]]
    folded: int = 0
    style: str = ""
    label: str = ""
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """One term of the sum: so many days of one kind."""

    kind: str
    days: int
    first: date
    last: date
    label: str = ""


@dataclass(frozen=True, slots=True)
class Sum:
    """`total` − `terms` = `counted`: the whole arithmetic of one clock."""

    clock: StripClock
    total: Term
    terms: Sequence[Term]
    counted: int


@dataclass(frozen=True, slots=True)
class Strip:
    """Everything that the template draws."""

    clocks: Sequence[StripClock]
    columns: Sequence[Column]
    months: Sequence[tuple[date, int]]
    rows: Sequence[tuple[StripClock, Sequence[Cell]]]
    marks: Sequence[Mark]
    weeks: Sequence[Week]
    sums: Sequence[Sum]
    kinds: frozenset[str]
    is_wide: bool


def build_strip(clocks: Sequence[StripClock], today: date) -> Strip:
    """Lay clocks out on one axis of days.

    Args:
        clocks: at least one, each with at least one day; they need not start on the same day.
        today: the legal today; days after it are outlined, not filled.
    """
    assert clocks and all(clock.days for clock in clocks), "a strip shows at least one day of at least one clock"
    assert all(day.kind in KINDS for clock in clocks for day in clock.days), "every day has a known kind"
    axis = _axis(clocks, today)
    by_day = [{day.on: day for day in clock.days} for clock in clocks]
    differing = _differing(clocks, by_day)
    columns = [_column(on, by_day, today) for on in axis]
    single = [
        [_cell(clock, days.get(on), on, today, on in differing) for on in axis]
        for clock, days in zip(clocks, by_day, strict=True)
    ]
    kinds = {cell.style for row in single for cell in row if cell}
    return Strip(
        clocks=clocks,
        columns=columns,
        months=[(next(iter(days)), count) for days, count in _months(axis)],
        rows=[(clock, list(_merged(row, axis))) for clock, row in zip(clocks, single, strict=True)],
        marks=_marks(clocks, columns, differing),
        weeks=list(_folded(list(_weeks(columns, single)))),
        sums=[found for clock in clocks if (found := _sum(clock)) is not None],
        kinds=frozenset(kinds),
        is_wide=len(axis) <= WIDE_DAYS,
    )


def label_fits(text: str, span: int, days: int) -> bool:
    """Whether words fit into `span` of `days` columns of a line on a 1366 px screen: a Chinese sign is 12 px wide."""
    width = sum(12.0 if ord(sign) > 0x2E7F else 6.8 for sign in text) + 10
    return width <= span * _LINE_PX / days


def _axis(clocks: Sequence[StripClock], today: date) -> list[date]:
    first = min(clock.days[0].on for clock in clocks)
    last = max(clock.days[-1].on for clock in clocks)
    # Today belongs on the axis when the case is near it; a case of years ago does not drag its strip to today.
    if last < today <= last + timedelta(days=7):
        last = today
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]


def _months(axis: Sequence[date]) -> Iterator[tuple[list[date], int]]:
    for _, days in groupby(axis, key=lambda on: (on.year, on.month)):
        found = list(days)
        yield found, len(found)


def _column(on: date, by_day: Sequence[dict[date, StripDay]], today: date) -> Column:
    kinds = {days[on].kind for days in by_day if on in days}
    is_make_up = "make_up" in kinds
    weekend = on.isoweekday() > 5 and not is_make_up
    return Column(on, is_off=weekend or "holiday" in kinds, is_make_up=is_make_up, is_today=on == today)


def _differing(clocks: Sequence[StripClock], by_day: Sequence[dict[date, StripDay]]) -> frozenset[date]:
    """Days that one of two clocks counts and the other does not, while both still run."""
    if len(clocks) != 2 or clocks[0].days[0].on != clocks[1].days[0].on:
        return frozenset()
    ends = [clock.due_on or clock.days[-1].on for clock in clocks]
    both = [on for on in by_day[0] if on in by_day[1] and on <= min(ends)]
    found = {on for on in both if (by_day[0][on].kind in COUNTED_KINDS) != (by_day[1][on].kind in COUNTED_KINDS)}
    return frozenset(found) if len(found) <= _DIFFERENCES else frozenset()


def _cell(clock: StripClock, day: StripDay | None, on: date, today: date, differs: bool) -> Cell | None:
    if day is None:
        return None
    if day.kind == "over":
        return Cell(f"over-{clock.light}", on, text=f"+{day.n}", why=day.why, n=day.n)
    text = str(day.n) if day.n is not None and day.kind in COUNTED_KINDS else ""
    ahead = on > today
    if on == clock.due_on and day.kind in COUNTED_KINDS:
        style = "due-provisional" if clock.provisional else "due-ahead" if ahead else "due"
    elif ahead and day.kind in COUNTED_KINDS:
        style = "ahead"
    else:
        style = day.kind
    return Cell(
        style, on, text=text, why=day.why, label=day.label, n=day.n, differs=differs and day.kind in COUNTED_KINDS
    )


def _merged(row: Sequence[Cell | None], axis: Sequence[date]) -> Iterator[Cell]:
    """The cells of one row; runs of the same holiday or pause, and of nothing, become one."""
    merging = [cell if cell is not None else Cell("none", on) for cell, on in zip(row, axis, strict=True)]
    for (style, label), run in groupby(merging, key=lambda cell: (cell.style, cell.label)):
        cells = list(run)
        if style in _MERGED or style == "none":
            yield Cell(style, cells[0].first, span=len(cells), why=cells[0].why, label=label)
        else:
            yield from cells


def _marks(clocks: Sequence[StripClock], columns: Sequence[Column], differing: frozenset[date]) -> list[Mark]:
    """Words under the axis, the weightiest first; one that would touch another is left out, its cell still shows it."""
    first = columns[0].on
    wishes: list[tuple[str, date]] = [("today", column.on) for column in columns if column.is_today]
    dues = [clock.due_on for clock in clocks if clock.due_on is not None]
    wishes += [("due", max(dues))] if dues else []
    wishes += [("start", clocks[0].days[0].on)]
    wishes += [("differs", min(differing))] if differing else []
    wishes += [("due", on) for on in sorted(set(dues))]
    wishes += [("make_up", column.on) for column in columns if column.is_make_up]
    taken: list[Mark] = []
    for kind, on in wishes:
        place = (on - first).days
        if 0 <= place < len(columns) and all(abs(place - mark.column) >= _MARK_GAP for mark in taken):
            side = "left" if place < 2 else "right" if place >= len(columns) - 3 else "middle"
            taken.append(Mark(kind, on, place, side))
    return sorted(taken, key=lambda mark: mark.column)


def _weeks(columns: Sequence[Column], rows: Sequence[Sequence[Cell | None]]) -> Iterator[Week]:
    lead = columns[0].on.isoweekday() - 1
    nothing: tuple[Column | None, Sequence[Cell | None]] = (None, ())
    days = [nothing] * lead + [(column, [row[place] for row in rows]) for place, column in enumerate(columns)]
    days += [nothing] * (-len(days) % 7)
    for start in range(0, len(days), 7):
        yield Week(days[start : start + 7])


def _folded(weeks: Sequence[Week]) -> Iterator[Week]:
    """Long runs of weeks in which nothing counts, all for one reason, become one line."""
    for alike, run in groupby(weeks, key=_one_reason):
        found = list(run)
        if alike is None or len(found) < _FOLD_WEEKS:
            yield from found
        else:
            last = found[-1].days[-1][0]
            first = found[0].days[0][0]
            assert first is not None and last is not None, "a week with one reason is a whole week"
            yield Week(found[0].days, folded=len(found), style=alike[0], label=alike[1], first=first.on, last=last.on)


def _one_reason(week: Week) -> tuple[str, str] | None:
    reasons = {(cell.style, cell.label) if cell else ("none", "") for _, cells in week.days for cell in cells}
    whole = all(column is not None for column, _ in week.days)
    if not whole or len(reasons) != 1:
        return None
    reason = next(iter(reasons))
    return reason if reason[0] in ("pause", "holiday") else None


def _sum(clock: StripClock) -> Sum | None:
    """The arithmetic from the day after the event day to the due day (C2, C3); None when there is no due day."""
    due_on = clock.due_on
    if due_on is None:
        return None
    inside = [day for day in clock.days if day.kind != "start" and day.on <= due_on]
    if not inside:
        return None
    terms: list[Term] = []
    for kind in ("holiday", "weekend", "pause", "claimed"):
        of_kind = [day for day in inside if day.kind == kind]
        for label in dict.fromkeys(day.label for day in of_kind):
            days = [day.on for day in of_kind if day.label == label]
            terms.append(Term(kind, len(days), days[0], days[-1], label))
    counted = sum(1 for day in inside if day.kind in COUNTED_KINDS)
    total = Term("total", len(inside), inside[0].on, inside[-1].on)
    return Sum(clock, total, terms, counted)
