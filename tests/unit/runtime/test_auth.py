"""Access tokens: who is let in, and every way not to be."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, OKPKey

from libs.common.kernel.errors import ContractBroken
from libs.common.runtime.auth import ALGORITHM, Principal, Verifier, mint, token_key
from libs.common.runtime.keyring import create_keys

CLERK = Principal("li", "李四", "clerk", ("440100",), ("11440100MB2C00001A",))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key files of a platform."""
    directory = tmp_path_factory.mktemp("secrets")
    create_keys(directory, [2026])
    return directory


def in_seconds(seconds: int) -> int:
    """The instant so many seconds from now, as a token writes it."""
    return int(datetime.now(UTC).timestamp()) + seconds


def claims(**change: Any) -> dict[str, Any]:
    """Good claims, changed; None takes one away; a function is asked now, since a suite runs for long."""
    good = {
        "iss": "sunlit",
        "aud": "sunlit",
        "sub": "li",
        "role": "clerk",
        "exp": in_seconds(600),
    }
    told = {name: value() if callable(value) else value for name, value in (good | change).items()}
    return {name: value for name, value in told.items() if value is not None}


def sign(keys: Path, header: dict[str, Any], body: dict[str, Any]) -> str:
    """A token of these parts, signed by the platform."""
    return jwt.encode({"alg": ALGORITHM} | header, body, token_key(keys), algorithms=[ALGORITHM])


def test_a_minted_token_names_its_principal(keys: Path) -> None:
    """Everything of the principal comes back."""
    token = mint(token_key(keys), CLERK, now=datetime.now(UTC), ttl=timedelta(days=1))
    assert Verifier.from_dir(keys).principal(token) == CLERK


def test_the_hand_made_good_token_is_good(keys: Path) -> None:
    """So the refusals below have one cause each."""
    assert Verifier.from_dir(keys).principal(sign(keys, {"typ": "at+jwt"}, claims())) is not None


@pytest.mark.parametrize(
    ("header", "change"),
    [
        ({"typ": "JWT"}, {}),
        ({}, {}),
        ({"typ": "at+jwt"}, {"aud": "elsewhere"}),
        ({"typ": "at+jwt"}, {"aud": None}),
        ({"typ": "at+jwt"}, {"iss": "elsewhere"}),
        ({"typ": "at+jwt"}, {"exp": lambda: in_seconds(-600)}),
        ({"typ": "at+jwt"}, {"exp": None}),
        ({"typ": "at+jwt"}, {"sub": None}),
        ({"typ": "at+jwt"}, {"role": "king"}),
        ({"typ": "at+jwt"}, {"role": None}),
        ({"typ": "at+jwt"}, {"nbf": lambda: in_seconds(600)}),
    ],
)
def test_one_wrong_thing_is_enough(keys: Path, header: dict[str, Any], change: dict[str, Any]) -> None:
    """Type, audience, issuer, times, subject, role."""
    assert Verifier.from_dir(keys).principal(sign(keys, header, claims(**change))) is None


def test_confusion_of_keys_and_algorithms_is_refused(keys: Path) -> None:
    """Another key, `none`, an HMAC made with the public key, a changed body, bytes that are no token."""
    verifier = Verifier.from_dir(keys)
    good = sign(keys, {"typ": "at+jwt"}, claims())
    head, body, signature = good.split(".")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').decode().rstrip("=")
    admin = base64.urlsafe_b64encode(json.dumps(claims(role="admin")).encode()).decode().rstrip("=")
    other = jwt.encode(
        {"alg": ALGORITHM, "typ": "at+jwt"}, claims(), OKPKey.generate_key("Ed25519"), algorithms=[ALGORITHM]
    )
    public = (keys / "token.public.json").read_text()
    hmac = jwt.encode({"alg": "HS256", "typ": "at+jwt"}, claims(), OctKey.import_key(public), algorithms=["HS256"])
    forged = (other, hmac, f"{unsigned}.{body}.", f"{head}.{admin}.{signature}", f"{head}.{body}.", "", "a.b.c", "x")
    assert [verifier.principal(token) for token in forged] == [None] * len(forged)
    assert verifier.principal(good) is not None


def test_an_old_key_counts_while_it_is_in_the_set(keys: Path) -> None:
    """Keys are rotated by overlap: both are in the set for a while."""
    old, new = (OKPKey.generate_key("Ed25519", auto_kid=True) for _ in range(2))
    both, only_new = Verifier(KeySet([old, new])), Verifier(KeySet([new]))
    token = mint(old, CLERK, now=datetime.now(UTC), ttl=timedelta(hours=1))
    assert both.principal(token) == CLERK
    assert only_new.principal(token) is None


def test_no_token_for_an_unknown_role(keys: Path) -> None:
    """The message lists the roles."""
    with pytest.raises(ContractBroken, match="supervisor-admin"):
        mint(token_key(keys), Principal("x", "x", "king"), now=datetime.now(UTC), ttl=timedelta(days=1))


@pytest.mark.parametrize(
    ("region", "org", "covered"),
    [
        (None, None, True),
        ("440100", None, True),
        ("440200", None, False),
        (None, "other", False),
        ("440100", "11440100MB2C00001A", True),
    ],
)
def test_a_scope_covers_what_it_names(region: str | None, org: str | None, covered: bool) -> None:
    """An empty scope covers everything."""
    assert CLERK.covers(region=region, org=org) is covered
    assert Principal("x", "x", "auditor").covers(region=region, org=org)


def test_missing_keys_are_named(tmp_path: Path) -> None:
    """The message names the file."""
    with pytest.raises(ContractBroken, match=r"token\.public\.json"):
        Verifier.from_dir(tmp_path)
