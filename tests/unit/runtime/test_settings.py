"""Settings come from the environment alone, and refuse by name what they do not understand."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from pydantic import ValidationError

from libs.common.runtime.settings import Settings


def test_the_environment_names_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prefix SUNLIT_; the direct DSN and the schema fall back to the plain ones."""
    monkeypatch.setenv("SUNLIT_KAFKA", "a:1, b:2")
    monkeypatch.setenv("SUNLIT_DATABASE", "postgresql://u:geheim@h/db")
    monkeypatch.setenv("SUNLIT_HOME", "/srv/sunlit")
    settings = Settings()
    assert settings.servers == ["a:1", "b:2"]
    assert settings.dsn_direct == settings.dsn == "postgresql://u:geheim@h/db"
    assert settings.schema_of("approval") == "approval"
    assert str(settings.secrets_dir) == "/srv/sunlit/secrets"
    assert "geheim" not in repr(settings)


def test_what_is_told_apart_stays_apart() -> None:
    """A pooler's DSN and a direct one, a shadow schema, secrets elsewhere."""
    settings = Settings(database="p", database_direct="d", database_schema="shadow", secrets="/run/secrets")
    assert (settings.dsn, settings.dsn_direct, settings.schema_of("approval")) == ("p", "d", "shadow")
    assert str(settings.secrets_dir) == "/run/secrets"


def test_a_password_may_stand_in_a_file_that_rotates(tmp_path: Path) -> None:
    """The file is read anew each time; both DSNs get it."""
    file = tmp_path / "password"
    settings = Settings(
        database="postgresql://u@h/db", database_direct="postgresql://u@d/db", database_password_file=file
    )
    for password in ("first", "second, with a space"):
        file.write_text(f"{password}\n", encoding="utf-8")
        for dsn, host in ((settings.dsn, "h"), (settings.dsn_direct, "d")):
            parts = conninfo_to_dict(dsn)
            assert (parts["password"], parts["host"], parts["user"]) == (password, host, "u")


def test_places_of_the_processes_are_pairs() -> None:
    """As the gateway of a cluster is told them."""
    settings = Settings(upstreams="approval-api=approval-api:8080, notify-worker=[fd00::1]:8081")
    assert settings.places == {"approval-api": "approval-api:8080", "notify-worker": "[fd00::1]:8081"}
    assert Settings().places == {}


WRONG = {"SUNLIT_PORT": "99999", "SUNLIT_CONSUMER_SESSION_TIMEOUT_MS": "1", "SUNLIT_LOG_LEVEL": "loud"}


@pytest.mark.parametrize(("name", "value"), WRONG.items())
def test_a_wrong_value_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """The message names the setting."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.removeprefix("SUNLIT_").lower()):
        Settings()
