"""Disclosure policy as versioned data: which fields of which kind of record may become public, and how.

A field is public only if the policy names it. The data stand in `data/policies.toml`; `parse_policies` reads them, so
that a new version is an edit of data with a later `effective_from` and never of code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from libs.common.kernel.errors import ContractBroken
from services.disclosure.domain.publication_period import PeriodRule, parse_period

Treatment = Literal["plain", "code", "name", "mask", "hold"]
TREATMENTS: frozenset[str] = frozenset({"plain", "code", "name", "mask", "hold"})


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One field that may become public, and what is done to it first."""

    name: str
    treatment: Treatment


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one kind of record from `effective_from` on.

    Args:
        results: which results of a case are published at all.
        limit_workdays: working days from the decision to its publication (PUB-7).
        required: public fields without which a record is held.
        hold_words: words in any published text that send the record to the review desk.
    """

    kind: str
    version: str
    effective_from: date
    results: frozenset[str]
    limit_workdays: int
    required: tuple[str, ...]
    hold_words: tuple[str, ...]
    fields: tuple[FieldRule, ...]

    @property
    def names(self) -> frozenset[str]:
        """The allow-list."""
        return frozenset(rule.name for rule in self.fields)


@dataclass(frozen=True, slots=True)
class Policies:
    """All versions of all policies and publication periods, oldest first."""

    policies: tuple[Policy, ...]
    periods: tuple[PeriodRule, ...]

    @property
    def versions(self) -> tuple[str, ...]:
        """Every version, policies first."""
        return (*(p.version for p in self.policies), *(p.version for p in self.periods))

    def policy_on(self, kind: str, day: date) -> Policy:
        """The policy of `kind` in force on `day`; raises ContractBroken if none is."""
        found = [p for p in self.policies if p.kind == kind and p.effective_from <= day]
        if not found:
            raise ContractBroken(f"no disclosure policy for kind {kind!r} on {day}: add one to data/policies.toml")
        return found[-1]

    def period_on(self, day: date) -> PeriodRule:
        """The publication period rules in force on the day of the decision; raises ContractBroken if none are."""
        found = [p for p in self.periods if p.effective_from <= day]
        if not found:
            raise ContractBroken(f"no publication period rule for {day}: add one to data/policies.toml")
        return found[-1]


def parse_policies(document: Mapping[str, Any]) -> Policies:
    """Reads the policy document; raises ContractBroken with the place of the first fault."""
    policies = sorted((_parse_policy(p) for p in document["policy"]), key=lambda p: p.effective_from)
    periods = sorted((parse_period(p) for p in document["publication_period"]), key=lambda p: p.effective_from)
    versions = [p.version for p in policies] + [p.version for p in periods]
    if len(set(versions)) != len(versions):
        raise ContractBroken("two disclosure policies share a version: every change needs a version of its own")
    return Policies(tuple(policies), tuple(periods))


def _parse_policy(raw: Mapping[str, Any]) -> Policy:
    fields = _parse_fields(raw["version"], raw["fields"])
    policy = Policy(
        kind=raw["kind"],
        version=raw["version"],
        effective_from=raw["effective_from"],
        results=frozenset(raw["results"]),
        limit_workdays=int(raw["limit_workdays"]),
        required=tuple(raw["required"]),
        hold_words=tuple(raw["hold_words"]),
        fields=fields,
    )
    unknown = set(policy.required) - policy.names
    if unknown:
        raise ContractBroken(f"policy {policy.version}: required fields {sorted(unknown)} are not in its allow-list")
    return policy


def _parse_fields(version: str, raw: Sequence[Mapping[str, str]]) -> tuple[FieldRule, ...]:
    for rule in raw:
        if rule["treatment"] not in TREATMENTS:
            raise ContractBroken(
                f"policy {version}: field {rule['name']} has the unknown treatment {rule['treatment']}"
            )
    return tuple(FieldRule(rule["name"], rule["treatment"]) for rule in raw)  # type: ignore[arg-type] # checked above
