"""The way into a running platform for whoever feeds it: its address and a token of the local keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from libs.common.runtime.auth import Principal, mint, token_key
from libs.ops.feeding.intake import IntakeClient
from libs.ops.home import Home, State
from libs.ops.ports import LOOPBACK
from libs.ops.roster import GATEWAY

# a demonstration that somebody stops overnight goes on in the morning
TOKEN_TTL = timedelta(days=30)


def intake_of(home: Home, state: State) -> IntakeClient:
    """A client of the intake, as the operator of this home. Use as an async context manager."""
    return _client(home, state, Principal("cli:feed", "feed", "operator"))


def approver_of(home: Home, state: State) -> IntakeClient:
    """A client for the second person whom drafts of reference data need (decision 34)."""
    return _client(home, state, Principal("cli:approve", "approve", "operator"))


def _client(home: Home, state: State, who: Principal) -> IntakeClient:
    bearer = mint(token_key(home.secrets), who, now=datetime.now(UTC), ttl=TOKEN_TTL)
    return IntakeClient(f"http://{LOOPBACK}:{state.ports[GATEWAY]}", bearer)
