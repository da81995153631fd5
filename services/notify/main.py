"""Wires notify: the API with its pages, and the worker that tells and delivers."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Any

from fastapi import FastAPI
from uuid6 import uuid7

from libs.common.kernel.events.envelope import Event
from libs.common.runtime import api, worker
from libs.common.runtime.assembly import Spine
from libs.common.runtime.calendars import load_calendars
from libs.common.runtime.clock import build_clock
from libs.common.runtime.keyring import read_key
from libs.common.runtime.lines import Line
from libs.common.runtime.settings import Settings
from libs.common.runtime.worker import SpineApp
from libs.common.web.pages import Pages
from services.notify.chains import go_on
from services.notify.domain.alerting import alert_key, concerns_alerts
from services.notify.gauges import GAUGES
from services.notify.handlers import take_findings, tell_groups
from services.notify.pages import inbox, log, ops, rosters, routing, silences
from services.notify.ports import Carrier
from services.notify.receivers.carriers import ConsoleCarrier, EmailCarrier, InboxCarrier, WebhookCarrier
from services.notify.receivers.egress import guarded_pool, policy_of, resolve
from services.notify.receivers.long_tail import AppriseCarrier
from services.notify.receivers.robots import BYTES_MAX, RobotCarrier
from services.notify.receivers.sms import SmsCarrier
from services.notify.receivers.smtp import SmtpSender, SmtpSettings
from services.notify.receivers.webhook import KEY_PREFIX, WebhookSender
from services.notify.receivers.wechat import WechatCarrier
from services.notify.routes import Api
from services.notify.routes_alertmanager import AlertmanagerApi
from services.notify.routes_silences import SilencesApi
from services.notify.store import GROUPS_LINE, AlertStore, GroupStore, Place, RoutingStore
from services.notify.store_chains import ChainStore
from services.notify.store_notifications import CHAINS_LINE
from services.notify.timers import Deliverer

SERVICE = "notify"
# alerts are grouped for seconds anyway: a batch may gather
GATHER_S = 0.1
ALERTS_LINE = "alerts"
HERE = Path(__file__).parent
FINDINGS = "supervision.findings.v1"


@dataclass(frozen=True, slots=True)
class Parts:
    """What both kinds of process of this service share."""

    routing: RoutingStore
    place: Place
    lines: tuple[Line[Any, Any], ...]


def build_parts(settings: Settings) -> Parts:
    """The tree that ships with the platform, and the two lines."""
    shipped = (HERE / "data" / "routing.yaml").read_text(encoding="utf-8")
    tree = RoutingStore(shipped)
    clock = build_clock(settings.clock, settings.timezone)
    place = Place(clock, load_calendars().default, settings.external_url.rstrip("/"))
    alerts = Line(
        ALERTS_LINE,
        wants=_concerns_alerts,
        key=alert_key,
        store=AlertStore(tree, place),
        handle=take_findings,
        clock="wall",
        topics=(FINDINGS,),
    )
    groups = Line(
        GROUPS_LINE,
        wants=_nothing,
        key=_subject,
        store=GroupStore(tree, place),
        handle=tell_groups,
        clock="wall",
    )
    chains = Line(CHAINS_LINE, wants=_nothing, key=_subject, store=ChainStore(tree, place), handle=go_on, clock="legal")
    return Parts(tree, place, (alerts, groups, chains))


def build_carriers(settings: Settings) -> Mapping[str, Carrier]:
    """The channels out of the house; raises ValueError when `SUNLIT_EGRESS_ALLOW` names no networks."""
    key = KEY_PREFIX + base64.b64encode(read_key(settings.secrets_dir, "webhook.key")).decode()
    policy = policy_of(settings.egress_allow.split(","))
    pool = guarded_pool(policy, proxy=settings.egress_proxy)
    password = settings.smtp_password.get_secret_value()
    mail = SmtpSettings(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.smtp_sender,
        username=settings.smtp_user or None,
        password=password or None,
        # a password travels encrypted or not at all
        start_tls=True if password else None,
    )
    return {
        "webhook": WebhookCarrier(WebhookSender(pool, key)),
        "email": EmailCarrier(SmtpSender(mail)),
        **{kind: RobotCarrier(kind, pool) for kind in BYTES_MAX},
        "wechat": WechatCarrier(pool),
        "sms": SmsCarrier(pool),
        "apprise": AppriseCarrier(policy, resolve),
        "inbox": InboxCarrier(),
        "console": ConsoleCarrier(),
    }


def build_api(settings: Settings) -> FastAPI:
    """The API process: `/api/notify/v1`, `/notify/`, `/ops/notify`."""
    parts = build_parts(settings)
    app = api.build_api(settings, SERVICE, [], lines=parts.lines, title="阳光政务 · 通知 Sunlit Hall · notify")
    spine: Spine = app.state.spine
    cursors = app.state.cursors
    app.include_router(Api(spine.database, spine.clock, cursors, parts.routing, parts.place, _new_id).router())
    outside = AlertmanagerApi(spine.database, parts.routing, parts.place, _new_id, spine.metrics.registry)
    app.include_router(outside.router())
    app.include_router(SilencesApi(spine.database, parts.routing, parts.place, _new_id).router())
    pages = Pages(
        SERVICE,
        templates=HERE / "templates",
        catalogues=[HERE / "texts.toml"],
        clock=spine.clock,
        secret=read_key(settings.secrets_dir, "form.key"),
    )
    pages.install(app)
    app.include_router(log.log_pages(pages, spine.database, cursors))
    app.include_router(routing.routing_pages(pages, spine.database, parts.routing, parts.place, _new_id))
    app.include_router(ops.ops_pages(pages, spine))
    app.include_router(silences.SilencePages(pages, spine.database, parts.routing, parts.place, _new_id).router())
    app.include_router(rosters.roster_pages(pages, spine.database, parts.routing, parts.place))
    letters = inbox.InboxPages(pages, spine.database, spine.clock, cursors, _new_id, parts.place.external_url)
    app.include_router(letters.router())
    return app


def build_worker(settings: Settings) -> SpineApp:
    """The worker process: folds findings into alerts, tells groups, carries deliveries."""
    carriers, parts = build_carriers(settings), build_parts(settings)

    def deliverer(spine: Spine) -> Deliverer:
        return Deliverer(
            spine.database,
            spine.clock,
            carriers,
            parts.routing,
            parts.place.external_url,
            SystemRandom(),
            spine.metrics.registry,
            spine.tracing,
        )

    return worker.build_worker(
        settings, SERVICE, parts.lines, [FINDINGS], [deliverer], gauges=GAUGES, gather_s=GATHER_S
    )


def _concerns_alerts(event: Event) -> bool:
    return concerns_alerts(event.type)


def _nothing(event: Event) -> bool:
    """Groups hear of no event: they are looked at when their moment comes."""
    return False


def _subject(event: Event) -> str:
    return str(event.subject)


def _new_id() -> str:
    return str(uuid7())
