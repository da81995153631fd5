"""`/api/supervision/v1/rules`: rules as versioned data, drafted and approved by two persons, and tried over history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from libs.common.kernel.errors import Problem
from libs.common.runtime.auth import Principal, require
from libs.common.runtime.clock import Clock
from libs.common.runtime.database import Database
from libs.common.runtime.problems import Refusal
from services.monitoring.backtest import backtest
from services.monitoring.domain.rules.expression import check_expression
from services.monitoring.domain.rules.rule import Rule, RuleBook, Scope
from services.monitoring.ports import Preset
from services.monitoring.routes.supervision import Reader
from services.monitoring.schemas import BacktestIn, RuleIn, rule_document, version_document
from services.monitoring.store import rules as versions
from services.monitoring.store.files import CaseFiles
from services.monitoring.store.office import OfficeStore

Author = Annotated[Principal, Depends(require("supervisor-admin", "supervisor"))]
NO_RULE = Problem("RULE_UNKNOWN", "/rule_id", "没有这条规则", "there is no such rule")
NO_DRAFT = Problem("DRAFT_UNKNOWN", "", "没有待批准的草稿", "there is no draft to approve")
SAME_PERSON = Problem(
    "SAME_PERSON",
    "",
    "起草人不能批准自己的草稿；请由另一人批准",
    "the author may not approve the draft; another person must",
)
OWN_ID = Problem(
    "RULE_ID", "/rule_id", "自定义规则的编号以 X 开头，如 X01", "the id of a rule of one's own begins with X: X01"
)
NEEDS_ALL = Problem(
    "RULE_INCOMPLETE",
    "",
    "自定义规则须写明名称、族、轻重、依据和表达式",
    "a rule of one's own needs name, family, severities, ground and expression",
)
FILES_AT_ONCE = 500


class RuleRoutes:
    """The routes of rules."""

    def __init__(
        self, database: Database, clock: Clock, office: OfficeStore, files: CaseFiles, presets: Mapping[str, Preset]
    ) -> None:
        self._database, self._clock, self._office = database, clock, office
        self._files, self._presets = files, presets

    def router(self) -> APIRouter:
        """All routes of rules."""
        router = APIRouter(prefix="/api/supervision/v1", tags=["rules"])
        router.get("/rules")(self.rules)
        router.get("/rules/{rule_id}")(self.rule)
        router.put("/rules/{rule_id}", status_code=202)(self.draft)
        router.post("/rules/{rule_id}:approve")(self.approve)
        router.post("/rules/{rule_id}:backtest")(self.backtest)
        return router

    async def rules(self, reader: Reader) -> dict[str, Any]:
        """The newest approved version of every rule."""
        book = await self._book()
        return {"items": [rule_document(rule, self._presets) for rule in book.newest()], "next_cursor": None}

    async def rule(self, rule_id: str, reader: Reader) -> dict[str, Any]:
        """One rule with every version that the office drafted."""
        async with self._database.reading() as tx:
            found = (await self._office.office(tx)).rules.get(rule_id)
            history = await versions.versions(tx, rule_id)
        if found is None and not history:
            raise Refusal("not-found", NO_RULE)
        shown = rule_document(found, self._presets) if found is not None else {"rule_id": rule_id, "state": "draft"}
        return {**shown, "versions": [version_document(version, self._clock.zone) for version in history]}

    async def draft(self, rule_id: str, body: RuleIn, author: Author) -> dict[str, Any]:
        """A draft: other parameters, scope, mode or dates of a shipped rule, or a rule of the office's own in CEL."""
        rule = _drafted(rule_id, body, await self._book(), author.subject)
        if rule.expression is not None and (problem := check_expression(rule.expression)) is not None:
            raise Refusal("invalid", problem)
        async with self._database.transaction() as tx:
            version = await versions.put_draft(tx, rule, author.subject, self._clock.now())
        return {"rule_id": rule_id, "version": version, "state": "draft"}

    async def approve(self, rule_id: str, approver: Author) -> dict[str, Any]:
        """Another person approves; the version judges what becomes true from its first day on."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            draft = await versions.draft_of(tx, rule_id)
            if draft is None:
                raise Refusal("not-found", NO_DRAFT)
            if draft.author == approver.subject:
                raise Refusal("conflict", SAME_PERSON)
            first_on = draft.rule.effective_from or now.astimezone(self._clock.zone).date()
            rule = replace(draft.rule, approver=approver.subject, effective_from=first_on)
            await versions.approve(tx, rule, approver.subject, now)
        return {"rule_id": rule_id, "version": rule.version, "state": "approved", "effective_from": first_on}

    async def backtest(self, rule_id: str, body: BacktestIn, author: Author) -> dict[str, Any]:
        """The cards that the draft (or the rule with these parameters) would have issued, against today's."""
        book = await self._book()
        async with self._database.reading() as tx:
            draft = next((v for v in reversed(await versions.versions(tx, rule_id)) if v.state == "draft"), None)
        known = book.get(rule_id)
        tried = draft.rule if draft is not None and body.use_draft else known
        if tried is None:
            raise Refusal("not-found", NO_RULE)
        base = book.versions[rule_id][0].parameters if rule_id in book.versions else {}
        rule = replace(tried, parameters={**base, **tried.parameters}, effective_from=None, effective_to=None)
        parameters = {f"{rule_id}.{name}": value for name, value in body.parameters.items()}
        found = await self._try(rule, parameters, body.from_on, body.to_on)
        return {
            "rule_id": rule_id,
            "version": rule.version,
            "from": body.from_on,
            "to": body.to_on,
            "as_of": self._clock.now(),
            "organisations": found,
        }

    async def _try(
        self, rule: Rule, parameters: Mapping[str, int], first_on: date, last_on: date
    ) -> list[dict[str, Any]]:
        """Page by page, so that no transaction and no memory holds the whole history."""
        sums: dict[str, dict[str, Any]] = {}
        after = ""
        while True:
            async with self._database.reading() as tx:
                files = await self._files.page(tx, after, FILES_AT_ONCE)
                office = await self._office.office(tx, cases=[file.case_no for file in files])
            if not files:
                return [sums[key] for key in sorted(sums)]
            after = files[-1].case_no
            for trial in backtest(files, office, rule, parameters, first_on, last_on, self._clock.now()):
                row = sums.setdefault(
                    trial.org_code,
                    {
                        "org_code": trial.org_code,
                        "org_name": trial.org_name,
                        "would": {},
                        "today": {},
                        "added": [],
                        "gone": [],
                    },
                )
                for name, counts in (("would", trial.would), ("today", trial.today)):
                    row[name] = {s: row[name].get(s, 0) + counts.get(s, 0) for s in {**row[name], **counts}}
                row["added"] += trial.added
                row["gone"] += trial.gone

    async def _book(self) -> RuleBook:
        async with self._database.reading() as tx:
            return (await self._office.office(tx)).rules


def _drafted(rule_id: str, body: RuleIn, book: RuleBook, author: str) -> Rule:
    """The draft as a rule; what the body does not say stays as it is."""
    known = book.get(rule_id)
    scope = Scope(tuple(body.scope.regions), tuple(body.scope.orgs), tuple(body.scope.items))
    said = {
        name: value
        for name, value in body.model_dump(exclude={"scope", "parameters", "severities"}).items()
        if value is not None
    }
    common: dict[str, Any] = {
        **said,
        "scope": scope,
        "parameters": {f"{rule_id}.{name}": value for name, value in body.parameters.items()},
        "author": author,
        "approver": None,
        "is_shipped": False,
    }
    if body.severities:
        common["severities"] = tuple(body.severities)
    if known is not None:
        return replace(known, **common)
    if not rule_id.startswith("X"):
        raise Refusal("invalid", OWN_ID)
    if not (body.name and body.family and body.severities and body.ground and body.expression):
        raise Refusal("invalid", NEEDS_ALL)
    common.setdefault("name_en", body.name)
    common.setdefault("ground_en", body.ground)
    return Rule(id=rule_id, version="1", **common)
