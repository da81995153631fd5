"""Settings come from the environment alone, and refuse by name what they do not understand."""

from __future__ import annotations

import pytest
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


WRONG = {"SUNLIT_PORT": "99999", "SUNLIT_CONSUMER_SESSION_TIMEOUT_MS": "1", "SUNLIT_LOG_LEVEL": "loud"}


@pytest.mark.parametrize(("name", "value"), WRONG.items())
def test_a_wrong_value_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """The message names the setting."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.removeprefix("SUNLIT_").lower()):
        Settings()
