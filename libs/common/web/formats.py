"""How values are written for people: dates, instants, numbers, rates, money, spans of time.

All functions are pure; words and patterns come from the catalogue (`format.*`), so a page says "3 月 11 日" in Chinese
and "11 Mar" in English. An empty value is written "-".
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from libs.common.web.catalogue import Texts

NOTHING = "-"
_MYRIAD = Decimal(10_000)


class Formats:
    """The formats of one language and one legal zone; each public method is a filter of the same name."""

    def __init__(self, texts: Texts, zone: ZoneInfo) -> None:
        self._t = texts
        self._zone = zone

    def filters(self) -> dict[str, Callable[..., str]]:
        """The filters that templates know."""
        names = (
            "date_text", "date_long", "date_short", "date_iso", "weekday", "weekday_number", "instant", "instant_long",
            "instant_iso", "clock_time", "when", "number", "percent", "money", "span", "short_hash",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    # -- dates -------------------------------------------------------------------------------------------------------

    def date_text(self, day: date | datetime | str | None) -> str:
        """In a sentence: "3 月 11 日", "11 Mar"."""
        return self._pattern("format.date_text", day)

    def date_long(self, day: date | datetime | str | None) -> str:
        """With the year: "2026 年 3 月 11 日", "11 March 2026"."""
        return self._pattern("format.date_long", day)

    def date_short(self, day: date | datetime | str | None) -> str:
        """In a table: "3-11"."""
        return self._pattern("format.date_short", day)

    def date_iso(self, day: date | datetime | str | None) -> str:
        """For the `datetime` attribute and for machines: "2026-03-11"."""
        found = self._day(day)
        return found.isoformat() if found else NOTHING

    def weekday(self, day: date | datetime | str | None) -> str:
        """ "三", "Wed"."""
        found = self._day(day)
        return self._t(f"format.weekday_{found.isoweekday()}") if found else NOTHING

    def weekday_number(self, day: date | datetime | str | None) -> str:
        """ISO: "1" is Monday."""
        found = self._day(day)
        return str(found.isoweekday()) if found else NOTHING

    # -- instants, always in the legal zone --------------------------------------------------------------------------

    def instant(self, at: datetime | str | None) -> str:
        """In a table: "3-11 10:24"."""
        local = self._local(at)
        return f"{self.date_short(local)} {local:%H:%M}" if local else NOTHING

    def instant_long(self, at: datetime | str | None) -> str:
        """With year and seconds: "2026 年 3 月 11 日 10:24:06"."""
        local = self._local(at)
        return f"{self.date_long(local)} {local:%H:%M:%S}" if local else NOTHING

    def instant_iso(self, at: datetime | str | None) -> str:
        """RFC 3339 with the offset of the legal zone, to the second."""
        local = self._local(at)
        return local.isoformat(timespec="seconds") if local else NOTHING

    def clock_time(self, at: datetime | str | None) -> str:
        """ "10:24"."""
        local = self._local(at)
        return f"{local:%H:%M}" if local else NOTHING

    def when(self, at: datetime | str | None, now: datetime) -> str:
        """As a person says it: "今天 10:18", "昨天 16:07", "3 月 6 日 10:05", with the year when it is another one."""
        local = self._local(at)
        if local is None:
            return NOTHING
        today = now.astimezone(self._zone).date()
        days_ago = (today - local.date()).days
        if days_ago in (0, 1, -1):
            day = self._t({0: "format.today", 1: "format.yesterday", -1: "format.tomorrow"}[days_ago])
        else:
            day = self.date_text(local) if local.year == today.year else self.date_long(local)
        return f"{day} {local:%H:%M}"

    # -- numbers -----------------------------------------------------------------------------------------------------

    def number(self, value: int | float | Decimal | None, digits: int = 0) -> str:
        """ "1,253"; None is "-", a zero is shown."""
        return NOTHING if value is None else f"{value:,.{digits}f}"

    def percent(self, numerator: int | None, denominator: int | None, digits: int = 2) -> str:
        """ "99.16 %", or "-" when there is nothing to divide by: no rate is guessed."""
        if numerator is None or not denominator:
            return NOTHING
        share = Decimal(numerator) * 100 / Decimal(denominator)
        step = Decimal(1).scaleb(-digits)
        return f"{share.quantize(step, ROUND_HALF_UP):,} %"

    def money(self, yuan: str | Decimal | int | None) -> str:
        """Yuan as a decimal string (decision 43): "12.5 万元", "3,000 元"; in English "CNY 125,000"."""
        if yuan is None or yuan == "":
            return NOTHING
        amount = Decimal(str(yuan))
        if abs(amount) >= _MYRIAD and self._t.language == "zh-CN":
            return self._t("format.money_myriad", amount=_plain(amount / _MYRIAD))
        return self._t("format.money", amount=_plain(amount))

    def span(self, length: timedelta | float | int | None) -> str:
        """A span of machine time in its two largest units: "1 小时 12 分", "36 s"; a number means seconds."""
        if length is None:
            return NOTHING
        seconds = int(length.total_seconds() if isinstance(length, timedelta) else length)
        units = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
        parts: list[str] = []
        for unit, size in units:
            count, seconds = divmod(seconds, size)
            if count:
                parts.append(self._t(f"format.{unit}s", n=count))
            elif parts:
                break
        return " ".join(parts[:2]) or self._t("format.seconds", n=0)

    def short_hash(self, digest: str | None) -> str:
        """The two ends of a fingerprint: "7b1e90c4…a2f6"."""
        if not digest:
            return NOTHING
        return digest if len(digest) <= 16 else f"{digest[:8]}…{digest[-4:]}"

    # -- inside ------------------------------------------------------------------------------------------------------

    def _pattern(self, key: str, day: date | datetime | str | None) -> str:
        found = self._day(day)
        if found is None:
            return NOTHING
        return self._t(
            key,
            year=found.year,
            month=found.month,
            month_name=self._t(f"format.month_{found.month}"),
            month_short=self._t(f"format.month_short_{found.month}"),
            day=found.day,
        )

    def _day(self, day: date | datetime | str | None) -> date | None:
        if not day:
            return None
        if isinstance(day, str):
            day = date.fromisoformat(day) if len(day) == 10 else datetime.fromisoformat(day)
        if isinstance(day, datetime):
            return day.astimezone(self._zone).date()
        return day

    def _local(self, at: datetime | str | None) -> datetime | None:
        if not at:
            return None
        instant = datetime.fromisoformat(at) if isinstance(at, str) else at
        assert instant.tzinfo is not None, "an instant carries its offset"
        return instant.astimezone(self._zone)


def _plain(amount: Decimal) -> str:
    whole = amount.quantize(Decimal("0.01"), ROUND_HALF_UP).normalize()
    return f"{whole:,f}"
