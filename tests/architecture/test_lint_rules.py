"""House rules that no linter ships: each is a small reading of the source tree, with a twin that proves it bites."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(p for top in ("libs", "services") for p in (ROOT / top).rglob("*.py"))
PURE = re.compile(r"(libs/common/kernel/|services/[a-z]+/domain/|services/[a-z]+/(handlers|ports)\b)")
CLOCK_ROOMS = re.compile(
    r"(libs/common/runtime/|libs/ops/|libs/common/web/|services/[a-z]+/(routes|pages|agents|timers|main|__main__|receivers|channels))"
)
DRAWER_NAMES = {"utils", "util", "helpers", "helper", "misc", "base", "common", "tools", "stuff", "shared"}

Rule = Callable[[str, ast.AST, str], Iterator[str]]


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def wall_clock_reads(name: str, tree: ast.AST, _: str) -> Iterator[str]:
    """`datetime.now`, `date.today`, `time.time` outside the rooms that may read a clock."""
    if CLOCK_ROOMS.search(name):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and re.search(
            r"(datetime\.(now|utcnow|today)|date\.today|^time\.(time|time_ns)|^now)$", dotted(node.func)
        ):
            yield f"{name}:{node.lineno} reads the wall clock: take `now` or `today` as a parameter"


def commits(name: str, tree: ast.AST, _: str) -> Iterator[str]:
    """A transaction ends in one place; alembic's environment is run by alembic, outside any service."""
    if name in ("libs/common/runtime/database.py", "libs/common/runtime/revisions/env.py") or name.startswith(
        "libs/ops/"
    ):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit":
            owner = dotted(node.func.value)
            if "consumer" not in owner:
                yield f"{name}:{node.lineno} commits: only runtime/database.py may"


def environment_reads(name: str, tree: ast.AST, _: str) -> Iterator[str]:
    """Settings have one door."""
    if name == "libs/common/runtime/settings.py" or name.startswith("libs/ops/"):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and dotted(node) in ("os.environ", "os.getenv"):
            yield f"{name}:{node.lineno} reads the environment: only runtime/settings.py may"


def imports_inside_functions(name: str, tree: ast.AST, _: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Import | ast.ImportFrom):
                    yield f"{name}:{inner.lineno} imports inside a function"


def drawers(name: str, _: ast.AST, __: str) -> Iterator[str]:
    stem = Path(name).stem
    if stem in DRAWER_NAMES:
        yield f"{name}: a name that tells nothing; name the file by what it decides"


def promises(name: str, _: ast.AST, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(r"\b(TODO|FIXME|XXX|NotImplementedError)\b", line):
            yield f"{name}:{number} promises more than it does"


def suffix_of_time_names(name: str, tree: ast.AST, _: str) -> Iterator[str]:
    """`_on` is a date and `_at` an instant; an annotation that says otherwise lies."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            kind = ast.unparse(node.annotation).replace(" ", "")
            target = node.target.id
            if target.endswith("_on") and re.fullmatch(r"(datetime)(\|None)?", kind):
                yield f"{name}:{node.lineno} {target} is a legal date, not {kind}"
            if target.endswith("_at") and re.fullmatch(r"(date|float|int)(\|None)?", kind):
                yield f"{name}:{node.lineno} {target} is an aware instant, not {kind}"


RULES: list[Rule] = [
    wall_clock_reads,
    commits,
    environment_reads,
    imports_inside_functions,
    drawers,
    promises,
    suffix_of_time_names,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.__name__)
def test_the_source_tree_keeps_the_rule(rule: Rule) -> None:
    """Every source file of the platform keeps the house rule."""
    assert SOURCES, "the tree is empty"
    findings = []
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        findings += rule(place(path), ast.parse(text), text)
    assert findings == []


BREACHES: list[tuple[Rule, str, str]] = [
    (wall_clock_reads, "services/approval/domain/case.py", "x = datetime.now(UTC)"),
    (wall_clock_reads, "libs/common/kernel/calendar.py", "x = date.today()"),
    (commits, "services/approval/store.py", "tx.commit()"),
    (environment_reads, "services/approval/main.py", "import os\nx = os.environ['A']"),
    (imports_inside_functions, "services/approval/store.py", "def f():\n    import json"),
    (drawers, "services/approval/utils.py", ""),
    (promises, "services/approval/store.py", "# TO" + "DO later"),
    (suffix_of_time_names, "services/approval/store.py", "class A:\n    due_on: datetime"),
]


@pytest.mark.parametrize(("rule", "name", "text"), BREACHES, ids=lambda v: getattr(v, "__name__", None))
def test_the_rule_finds_its_breach(rule: Rule, name: str, text: str) -> None:
    """A planted breach is found, so the rule can fail."""
    assert list(rule(name, ast.parse(text), text))
