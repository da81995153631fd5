"""Light messages to the Faust agents of all services (topic `sunlit.control.v1`, key = the service or `all`).

They may be lost without harm: each only makes sooner what happens anyway.
"""

from __future__ import annotations

from libs.common.kernel.events.codes import (
    Key,
    Name,
    Text,
    Version,
)
from libs.common.kernel.events.parts import Part


class ControlBody(Part, frozen=True, kw_only=True):
    """`service` is the addressee, `all` for everybody."""

    service: Key
    reason: Text | None = None


class RulesChanged(ControlBody, frozen=True, kw_only=True):
    """`control.rules.changed`: rules, presets, policies or routing have a new version; read them again."""

    kind: Name | None = None
    version: Version | None = None


class RebuildRequested(ControlBody, frozen=True, kw_only=True):
    """`control.rebuild.requested`: rebuild the read state from the topics."""

    line: Name | None = None


class WakeUpSent(ControlBody, frozen=True, kw_only=True):
    """`control.wake_up.sent`: look at the due moments and the outbox now."""

    line: Name | None = None
