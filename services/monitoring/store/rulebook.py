"""The rules that ship with the platform (`data/rules.toml`), as the first version of each."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from services.monitoring.domain.rules.rule import Rule, RuleBook

FILE = Path(__file__).parents[1] / "data" / "rules.toml"
SHIPPED_VERSION = "1"


def load_rules() -> RuleBook:
    """The shipped rules by id."""
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return RuleBook({rule_id: (_rule(rule_id, row),) for rule_id, row in raw.items()})


def _rule(rule_id: str, row: dict[str, Any]) -> Rule:
    parameters = {f"{rule_id}.{name}": int(value) for name, value in row.get("parameters", {}).items()}
    rest = {name: value for name, value in row.items() if name not in ("parameters", "severities")}
    return Rule(id=rule_id, version=SHIPPED_VERSION, severities=tuple(row["severities"]), parameters=parameters, **rest)
