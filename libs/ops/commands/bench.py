"""`sunlit bench`: each claim in a process of its own, against its limit in the same run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from libs.ops import plan
from libs.ops.commands.terminal import JsonOption, say, show_json, show_table
from libs.ops.engines.places import ROOT
from libs.ops.errors import CommandError, ExitCode

BENCHES = {
    "decode": "bytes of an event to a typed event",
    "fold": "a case folded with all its clocks, in memory",
    "consume": "one approval worker from Kafka to committed cases, beside COPY and a plain Faust agent",
    "relay": "facts from the outbox to their topic",
    "latency": "from the hall's report to the record on the portal, everything running",
    "scale": "two approval workers instead of one",
    "due": "100 000 clocks that fall due at one midnight, among many that do not",
    "notify_storm": "10 000 alerts in a second, grouped and told, beside Alertmanager where it is installed",
}
DEFAULT_OUT = Path(".sunlit-bench")
WRONG_RESULT = 1

NamesArgument = Annotated[list[str] | None, typer.Argument(metavar="[NAME]…", help=f"Of {', '.join(BENCHES)}.")]
OutOption = Annotated[Path, typer.Option("--out", help="Folder in which the last result of each is kept as JSON.")]


def bench(
    names: NamesArgument = None,
    is_quick: Annotated[bool, typer.Option("--quick", help="A smoke run: all parts, small figures.")] = False,
    size: Annotated[int | None, typer.Option(min=1, help="Events, rows or seconds instead of each one's own.")] = None,
    out: OutOption = DEFAULT_OUT,
    is_table: Annotated[bool, typer.Option("--table", help="Run nothing: the kept results as Markdown.")] = False,
    is_json: JsonOption = False,
) -> None:
    """Measure the platform on this machine; every figure stands beside its limit of the same run.

    A time or a rate that is not reached fails nothing; a result that is wrong (an event lost, doubled or parked) does.
    Engines and platforms are started in folders of their own and deleted; nothing that runs here is touched.
    """
    chosen = list(dict.fromkeys(names or BENCHES))
    if unknown := [name for name in chosen if name not in BENCHES]:
        raise CommandError(f"{', '.join(unknown)}: there are {', '.join(BENCHES)}.", ExitCode.USAGE)
    if is_table:
        typer.echo(markdown(kept(out, chosen)))
        return
    if not (ROOT / "bench" / "__main__.py").is_file():
        raise CommandError("The benchmarks are not part of an installed package: run them from the source tree.")
    out.mkdir(parents=True, exist_ok=True)
    results: list[dict[str, Any]] = []
    for name in chosen:
        say(f"{name}: {BENCHES[name]}")
        result = measured(name, is_quick, size)
        results.append(result)
        (out / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    if is_json:
        show_json(results[0] if len(results) == 1 else results)
    else:
        show_table(("bench", "value", "unit", "limit", "ratio", "target", "got", "reached"), table_rows(results))


def measured(name: str, is_quick: bool, size: int | None) -> dict[str, Any]:
    """The answer of one claim.

    Raises:
        CommandError: its result is wrong, or it cannot run; its own words stand on stderr.
    """
    command = [sys.executable, "-m", "bench", name]
    command += ["--quick"] if is_quick else []
    command += ["--size", str(size)] if size is not None else []
    run = subprocess.run(command, cwd=ROOT, env=plan.inherited(), stdout=subprocess.PIPE, check=False)
    if run.returncode != 0:
        what = "its result is wrong" if run.returncode == WRONG_RESULT else f"it ended with code {run.returncode}"
        raise CommandError(f"bench {name}: {what}; see above.")
    result: dict[str, Any] = msgspec.json.decode(run.stdout.splitlines()[-1])
    return result


def kept(folder: Path, names: Sequence[str]) -> list[dict[str, Any]]:
    """The last results that a folder holds, in the order of `names`.

    Raises:
        CommandError: it holds none of them.
    """
    found = [msgspec.json.decode(file.read_bytes()) for n in names if (file := folder / f"{n}.json").is_file()]
    if not found:
        raise CommandError(f"{folder} holds no results: run `sunlit bench` first.")
    return found


def table_rows(results: Sequence[dict[str, Any]]) -> list[tuple[object, ...]]:
    """One row per result and target; a result without a target has one row."""
    rows: list[tuple[object, ...]] = []
    for result in results:
        figures = (result["name"], result["value"], result["unit"], result["limit"], result["ratio_to_limit"])
        targets = result["others"]["targets"]
        rows += [(*figures, wanted(t), t["got"], "yes" if t["reached"] else "no") for t in targets[:1]]
        rows += [("", None, "", None, None, wanted(t), t["got"], "yes" if t["reached"] else "no") for t in targets[1:]]
        if not targets:
            rows.append((*figures, None, None, None))
    return rows


def wanted(target: dict[str, Any]) -> str:
    """A target in words."""
    return f"{target['what']} {'≥' if target['at_least'] else '≤'} {target['wanted']:g}"


def markdown(results: Sequence[dict[str, Any]]) -> str:
    """The table of docs/performance.md, with the machine that each figure comes from."""
    lines = ["| bench | value | limit | ratio | target | reached |", "|---|---|---|---|---|---|"]
    for result in results:
        targets = result["others"]["targets"]
        told = "<br>".join(f"{wanted(t)}: {t['got']:g}" for t in targets) or "–"
        reached = "<br>".join("yes" if t["reached"] else "no" for t in targets) or "–"
        value, limit = f"{result['value']:,g} {result['unit']}", f"{result['limit']:,g} {result['unit']}"
        lines.append(f"| {result['name']} | {value} | {limit} | {result['ratio_to_limit']:g} | {told} | {reached} |")
    machines = {machine_line(result): result["name"] for result in results}
    return "\n".join([*lines, "", *(f"- {line}" for line in machines)])


def machine_line(result: dict[str, Any]) -> str:
    """Where and when a result was measured."""
    machine, at = result["machine"], datetime.fromisoformat(result["at"])
    return (
        f"{result['name']}: {at:%Y-%m-%d %H:%M} UTC, {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, {machine['system']}, Python {machine['python']}, load before the end "
        f"{machine['load_1min']}"
    )
