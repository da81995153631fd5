"""A rule as versioned data: what it is called, what it looks for, where and since when it holds, and who said so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.monitoring.domain.findings import Mode

Parameters = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a version holds; an empty tuple limits nothing."""

    regions: tuple[str, ...] = ()
    orgs: tuple[str, ...] = ()
    items: tuple[str, ...] = ()

    def holds(self, region: str, org: str, item: str | None) -> bool:
        """Whether a case of this region, organisation and item is inside."""
        return (
            (not self.regions or region in self.regions)
            and (not self.orgs or org in self.orgs)
            and (not self.items or item in self.items)
        )


EVERYWHERE = Scope()


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of a rule.

    Args:
        severities: its ladder, from the mildest up.
        parameters: of a shipped rule the defaults, which a province's preset overrides; of an office's own version
            what overrides both.
        expression: a rule of the office's own as a CEL expression over the documented case facts; None = built in.
        effective_from, effective_to: days on which a breach must have become true to be judged by this version.
        is_shipped: came with the platform; its preset's parameters count.
        origin: the paper or system from which it is taken.
        quote: the words of the article, for whoever asks why.
    """

    id: str
    version: str
    family: str
    severities: tuple[str, ...]
    name: str
    name_en: str
    ground: str
    ground_en: str
    mode: Mode = "auto"
    parameters: Parameters = field(default_factory=dict)
    scope: Scope = EVERYWHERE
    expression: str | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    author: str | None = None
    approver: str | None = None
    origin: str = ""
    quote: str = ""
    is_shipped: bool = True

    def holds_on(self, day: date) -> bool:
        """Whether a breach that became true on this legal date is judged by this version."""
        return (self.effective_from is None or self.effective_from <= day) and (
            self.effective_to is None or day <= self.effective_to
        )


@dataclass(frozen=True, slots=True)
class InForce:
    """One version with the parameters that count for a subject (without the rule's id before their names), and the day
    on which a later version takes over."""

    rule: Rule
    parameters: Parameters
    until: date | None = None

    def judges(self, day: date) -> bool:
        """Whether this version judges what became true on `day`."""
        return self.rule.holds_on(day) and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Every approved version, oldest first, by rule id; `memo` remembers what holds where."""

    versions: Mapping[str, tuple[Rule, ...]]
    memo: dict[tuple[object, ...], tuple[InForce, ...]] = field(default_factory=dict, compare=False, repr=False)

    def newest(self) -> Sequence[Rule]:
        """The newest version of every rule, in order of ids."""
        return [self.versions[key][-1] for key in sorted(self.versions)]

    def get(self, rule_id: str) -> Rule | None:
        """The newest version of one rule."""
        found = self.versions.get(rule_id)
        return found[-1] if found else None

    def in_force(self, region: str, org: str, item: str | None, preset: Parameters) -> Sequence[InForce]:
        """Every version that may judge a case of this place; a later one takes over on its first day."""
        # where no version has a scope every place has the same rules, and they are worked out once
        place = (region, org, item) if self.has_scopes else ("", "", None)
        key = (*place, *sorted(preset.items()))
        found = self.memo.get(key)
        if found is None:
            found = self.memo[key] = tuple(self._in_force(region, org, item, preset))
        return found

    def _in_force(self, region: str, org: str, item: str | None, preset: Parameters) -> Iterator[InForce]:
        for versions in self.versions.values():
            here = [version for version in versions if version.scope.holds(region, org, item)]
            for place, rule in enumerate(here):
                later = here[place + 1].effective_from if place + 1 < len(here) else None
                values = dict(here[0].parameters if here[0].is_shipped else {})
                values |= {k: v for k, v in preset.items() if k.startswith(f"{rule.id}.")}
                if not rule.is_shipped:
                    values |= rule.parameters
                short = {name.partition(".")[2]: value for name, value in values.items()}
                yield InForce(rule, short, later)

    @property
    def has_scopes(self) -> bool:
        """Whether any version holds only somewhere."""
        return any(version.scope != EVERYWHERE for versions in self.versions.values() for version in versions)

    def with_version(self, rule: Rule) -> RuleBook:
        """The book with one more approved version."""
        return RuleBook({**self.versions, rule.id: (*self.versions.get(rule.id, ()), rule)})
