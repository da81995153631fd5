"""Alert rules by promtool, dashboards against the metrics that the code really has, runbooks that exist."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import CollectorRegistry

from libs.common.runtime.clock import build_clock
from libs.common.runtime.database import Database
from libs.common.runtime.gauges import Gauges
from libs.common.runtime.telemetry import Metrics
from libs.ops.engines.places import ROOT
from libs.ops.observe.__main__ import DASHBOARDS, FOLDER, files
from libs.ops.roster import SERVICES
from tests.deploy.alert_cases import CASES, LONG, Case
from tests.deploy.rendering import of_kind

# Other people's metrics that rules and dashboards use: Kafka's exporter (Strimzi), CloudNativePG and its backup
# plugin, kube-state-metrics, Prometheus itself, the collector of a Python process.
FOREIGN = {
    "up",
    "kafka_topic_partition_under_replicated_partition",
    "kafka_topic_partition_current_offset",
    "kafka_topic_partition_in_sync_replica",
    "kafka_consumergroup_lag",
    "cnpg_collector_up",
    "cnpg_pg_replication_lag",
    "cnpg_pg_replication_streaming_replicas",
    "cnpg_backends_total",
    "cnpg_backends_waiting_total",
    "cnpg_backends_max_tx_duration_seconds",
    "cnpg_pg_stat_archiver_seconds_since_last_archival",
    "cnpg_pg_stat_database_xact_commit",
    "cnpg_pg_stat_database_xact_rollback",
    "cnpg_pg_stat_database_deadlocks",
    "cnpg_pg_database_size_bytes",
    "cnpg_pg_settings_setting",
    "barman_cloud_cloudnative_pg_io_last_available_backup_timestamp",
    "kube_cronjob_status_last_successful_time",
}
# a name that begins with a word of ours or theirs; functions and labels do not
METRIC = re.compile(r"\b(?:sunlit:[a-z_0-9:]+|(?:sunlit|kafka|cnpg|barman|kube|process)_[a-z_0-9]+|up)\b")
LABELS = re.compile(r"\{[^}]*\}|\b(?:by|without) \([^)]*\)|\"[^\"]*\"|\{\{[^}]*\}\}")
RULES = FOLDER / "rules" / "sunlit.yaml"
PROMTOOL = shutil.which("promtool")


def promtool(*arguments: str, cwd: Path) -> None:
    """Run promtool; its words are the failure."""
    assert PROMTOOL, "promtool is missing: apt-get install prometheus (.ci/system does it)"
    done = subprocess.run([PROMTOOL, *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@cache
def rules() -> tuple[dict[str, Any], ...]:
    """Every rule."""
    read = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return tuple(rule for group in read["groups"] for rule in group["rules"])


def test_what_is_committed_is_what_the_code_writes() -> None:
    """`python -m libs.ops.observe` changes nothing."""
    for name, content in files().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == content, f"{name}: run python -m libs.ops.observe"


def test_the_rules_are_sound() -> None:
    """promtool reads every expression, which the definition of a PrometheusRule does not."""
    promtool("check", "rules", str(RULES), cwd=ROOT)


def history(series: dict[str, str], minutes: int, alert: str, number: int) -> dict[str, Any]:
    """One test of promtool: how many alerts of that name fire at the last minute."""
    expected = [{"labels": f'{{alertname="{alert}"}}', "value": 1}] if number else []
    return {
        "interval": "1m" if minutes < LONG else "30m",
        "name": f"{alert} {'fires' if number else 'is quiet'}",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": f'count by (alertname) (ALERTS{{alertname="{alert}",alertstate="firing"}})',
                "eval_time": f"{minutes}m",
                "exp_samples": [{"labels": sample["labels"], "value": sample["value"]} for sample in expected],
            }
        ],
    }


def needed(alert: str) -> list[dict[str, Any]]:
    """An alert's rule and the recordings that it leans on, in their order: promtool need not count the others."""
    (own,) = (rule for rule in rules() if rule.get("alert") == alert)
    wanted = used(own["expr"])
    for rule in reversed(rules()):
        if rule.get("record") in wanted:
            wanted |= used(rule["expr"])
    return [*(rule for rule in rules() if rule.get("record") in wanted), own]


def test_every_alert_fires_when_it_must_and_not_before(tmp_path: Path) -> None:
    """Each has a history in which it fires and a twin in which it is quiet."""
    named = []
    for case in CASES:
        file = {"groups": [{"name": case.alert, "rules": needed(case.alert)}]}
        (tmp_path / f"{case.alert}.rules.yaml").write_text(yaml.safe_dump(file, sort_keys=False), encoding="utf-8")
        document = {
            "rule_files": [f"{case.alert}.rules.yaml"],
            "evaluation_interval": "1m" if case.minutes < LONG else "30m",
            "tests": [history(s, case.minutes, case.alert, n) for s, n in ((case.fires, 1), (case.quiet, 0))],
        }
        named.append(f"{case.alert}.yaml")
        (tmp_path / named[-1]).write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    promtool("test", "rules", *named, cwd=tmp_path)


def test_no_alert_is_without_its_histories() -> None:
    """A new alert needs a case."""
    named = [case.alert for case in CASES]
    assert sorted(named) == sorted({rule["alert"] for rule in rules() if "alert" in rule})
    assert all(isinstance(case, Case) and case.fires != case.quiet for case in CASES)


def test_every_alert_has_a_severity_and_a_runbook_that_exists() -> None:
    """The link leads to a heading of docs/operations.md, and under it something stands."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    sections = dict(anchored(text))
    for rule in rules():
        if "alert" not in rule:
            continue
        assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
        file, _, anchor = rule["annotations"]["runbook_url"].partition("#")
        assert file == "docs/operations.md" and anchor in sections, f"{rule['alert']}: no heading #{anchor}"
        assert len(sections[anchor]) > 80, f"{rule['alert']}: its runbook says nothing"


def anchored(text: str) -> Iterator[tuple[str, str]]:
    """Each heading's anchor with what stands under it, as a reader of Markdown makes them."""
    parts = re.split(r"^#{1,6} (.+)$", text, flags=re.MULTILINE)
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        yield re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-"), body.strip()


@cache
def own_metrics() -> frozenset[str]:
    """Every series name that our processes export, from the registries of the code itself."""
    names: set[str] = set()
    clock, database = build_clock("wall", "Asia/Shanghai"), Database("postgresql://nowhere/", "nothing")
    for service in SERVICES:
        registry = Metrics(service).registry
        Gauges(import_module(f"services.{service}.gauges").GAUGES, database, clock, registry)
        names |= exported(registry)
    names |= {f"{name}_total" for name in counters_of_services()}
    return frozenset(names)


def exported(registry: CollectorRegistry) -> set[str]:
    """The series of a registry, whether or not it has samples yet."""
    names: set[str] = set()
    for family in registry.collect():
        match family.type:
            case "counter":
                names.add(f"{family.name}_total")
            case "histogram":
                names |= {f"{family.name}_{part}" for part in ("bucket", "count", "sum")}
            case _:
                names |= {family.name, *(sample.name for sample in family.samples)}
    return names


def counters_of_services() -> set[str]:
    """Counters that a service makes in its own registry."""
    found: set[str] = set()
    for file in (ROOT / "services").rglob("*.py"):
        found |= set(re.findall(r"\bCounter\(\s*\"(sunlit_[a-z_]+)\"", file.read_text(encoding="utf-8")))
    return found


def used(expression: str) -> set[str]:
    """The metrics that an expression names."""
    return set(METRIC.findall(LABELS.sub(" ", expression)))


def test_rules_and_dashboards_use_metrics_that_exist() -> None:
    """Ours from the code, theirs from the list above, recorded ones from the rules; and no foreign one in vain."""
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    expressions = [rule["expr"] for rule in rules()]
    expressions += [query for one in DASHBOARDS for panel in one.panels for query, _ in panel.queries]
    named = {name for expression in expressions for name in used(expression)}
    assert named - own_metrics() - recorded - FOREIGN == set()
    assert FOREIGN - named == set()


def test_the_parts_of_the_platform_can_be_seen() -> None:
    """Lag, batches, outbox, letters, lateness, cards, publications, deliveries: each is a metric."""
    wanted = {
        "sunlit_consumer_lag_events",
        "sunlit_batch_events_bucket",
        "sunlit_batch_seconds_bucket",
        "sunlit_outbox_age_seconds",
        "sunlit_dead_letters_total",
        "sunlit_due_lag_seconds_bucket",
        "sunlit_relay_events_total",
        "sunlit_disclosure_overdue_records",
        "sunlit_supervision_open_cards",
        "sunlit_notify_deliveries_total",
    }
    assert wanted <= own_metrics()


def test_a_dashboard_fits_together() -> None:
    """Eight of them, no panel over another, every file in the ConfigMap that Grafana loads."""
    assert {one.uid for one in DASHBOARDS} == {
        "platform", "intake", "clocks", "disclosure", "supervision", "notify", "kafka", "postgresql"
    }  # fmt: skip
    for one in DASHBOARDS:
        read = json.loads((FOLDER / "dashboards" / f"{one.uid}.json").read_text(encoding="utf-8"))
        taken: set[tuple[int, int]] = set()
        for panel in read["panels"]:
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            assert not cells & taken and at["x"] + at["w"] <= 24, f"{one.uid}: {panel['title']}"
            taken |= cells
            assert panel["targets"] and all(target["expr"] for target in panel["targets"])
        assert len(read["panels"]) == len(one.panels)
    (loaded,) = (m for m in of_kind("prod", "ConfigMap") if m["metadata"].get("labels", {}).get("grafana_dashboard"))
    assert set(loaded["data"]) == {f"{one.uid}.json" for one in DASHBOARDS}


def test_the_operators_rules_are_prometheus_rules() -> None:
    """What promtool read is what the cluster gets."""
    (resource,) = of_kind("prod", "PrometheusRule")
    assert resource["spec"]["groups"] == yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
