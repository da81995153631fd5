"""`python -m libs.ops.observe`: write alert rules, the PrometheusRule of Kubernetes, and the dashboards."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from libs.ops.engines.places import ROOT
from libs.ops.observe import alerts, objectives
from libs.ops.observe.boards_of_law import CLOCKS, DISCLOSURE, NOTIFY, SUPERVISION
from libs.ops.observe.boards_of_machinery import INTAKE, KAFKA, PLATFORM, POSTGRESQL
from libs.ops.observe.dashboards import document

FOLDER = ROOT / "deploy" / "k8s" / "components" / "prometheus"
DASHBOARDS = (PLATFORM, INTAKE, CLOCKS, DISCLOSURE, SUPERVISION, NOTIFY, KAFKA, POSTGRESQL)
WRITTEN = "# Written by `python -m libs.ops.observe`; the source is libs/ops/observe.\n"


def files() -> dict[str, str]:
    """Every file by its name in the folder of the component."""
    groups = [*alerts.groups(), *objectives.groups()]
    resource = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "sunlit"},
        "spec": {"groups": groups},
    }
    rules = {"rules/sunlit.yaml": WRITTEN + text({"groups": groups}), "rules.yaml": WRITTEN + text(resource)}
    dashboards = {
        f"dashboards/{one.uid}.json": json.dumps(document(one), ensure_ascii=False, indent=1) + "\n"
        for one in DASHBOARDS
    }
    return rules | dashboards


def text(value: object) -> str:
    """YAML, in the order of the code."""
    written: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=1000)
    return written


def write(folder: Path = FOLDER) -> None:
    """Write them."""
    for name, content in files().items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    write()
