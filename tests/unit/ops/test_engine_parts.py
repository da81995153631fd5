"""Jars, Java, addresses, pauses: the parts of the launcher that decide."""

from __future__ import annotations

import hashlib
import signal
import socket
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from libs.ops.engines import jars, java
from libs.ops.errors import CommandError, ExitCode
from libs.ops.migrate import service_dsn
from libs.ops.ports import Reservations, free_ports, is_free
from libs.ops.processes import LONGEST_PAUSE_SECONDS, ending, pause_seconds
from libs.ops.status import without_password


def listing(*contents: bytes) -> dict[str, str]:
    return {f"{number}.jar": hashlib.sha256(content).hexdigest() for number, content in enumerate(contents)}


def test_jars_with_the_right_content_pass(tmp_path: Path) -> None:
    """Names and checksums agree."""
    (tmp_path / "0.jar").write_bytes(b"kafka")
    jars.verify(tmp_path, listing(b"kafka"))


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"0.jar": b"other"}, "0.jar differs"),
        ({}, "0.jar is missing"),
        ({"0.jar": b"kafka", "9.jar": b"extra"}, "9.jar is not on the list"),
    ],
)
def test_other_jars_are_refused_by_name(tmp_path: Path, files: dict[str, bytes], told: str) -> None:
    """A changed, missing or foreign jar stops the start before anything runs."""
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CommandError, match=told):
        jars.verify(tmp_path, listing(b"kafka"))


def test_the_list_holds_the_broker_and_its_client_of_one_version() -> None:
    """44 jars; the client's version is the broker's (a resolver that mixes them makes a broker that cannot start)."""
    names = jars.checksums()
    assert len(names) == 44
    assert {"kafka_2.13-4.4.0.jar", "kafka-clients-4.4.0.jar"} <= names.keys()


@pytest.mark.parametrize("named", ["/nowhere/java", "no-such-java"])
def test_a_java_that_is_not_there_is_wrong_usage(named: str) -> None:
    """SUNLIT_JAVA is named in the message."""
    with pytest.raises(CommandError, match=f"SUNLIT_JAVA={named}") as told:
        java.find(named)
    assert told.value.code == ExitCode.USAGE


def test_an_old_java_is_refused_with_its_version(tmp_path: Path) -> None:
    """Java 11 cannot run Kafka 4."""
    old = tmp_path / "bin" / "java"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    old.chmod(0o755)
    with pytest.raises(CommandError, match="is Java 11"):
        java.find(str(tmp_path))


def test_without_a_name_the_java_of_the_wheel_runs() -> None:
    """A fresh machine needs no Java."""
    assert java.version_of(java.find(None)) >= java.OLDEST_MAJOR


def test_a_port_is_kept_while_it_is_free_and_changed_when_it_is_taken() -> None:
    """The ports of last time come back; a taken one is replaced by a free one."""
    kept, taken = free_ports(2)
    with socket.socket() as other:
        other.bind(("127.0.0.1", taken))
        other.listen()
        ours = Reservations()
        chosen = ours.choose(["kafka", "postgresql", "new"], {"kafka": kept, "postgresql": taken})
        assert chosen["kafka"] == kept
        assert chosen["postgresql"] != taken
        assert not is_free(taken)
    assert len(set(chosen.values())) == 3
    ours.close()


def test_a_port_that_another_launcher_has_chosen_is_not_chosen_again() -> None:
    """Nobody listens yet, and still it is gone; it comes back when the other ends."""
    first, second = Reservations(), Reservations()
    port = first.any()
    assert not second.take(port)
    first.close()
    assert second.take(port)
    second.close()


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0.0), (1, 0.5), (2, 1.0), (3, 2.0), (6, 16.0), (7, 30.0), (1000, LONGEST_PAUSE_SECONDS)],
)
def test_pauses_double_up_to_a_limit(failures: int, seconds: float) -> None:
    """A process that dies again and again does not eat the machine."""
    assert pause_seconds(failures) == seconds


@pytest.mark.parametrize(
    ("code", "words"),
    [(1, "ended with code 1"), (75, "resource that stayed away"), (-signal.SIGKILL, "ended by SIGKILL")],
)
def test_an_ending_is_told_in_words(code: int, words: str) -> None:
    """Codes and signals are spelt out."""
    assert words in ending(code)


@pytest.mark.parametrize(
    ("admin", "expected"),
    [
        (
            "postgresql://boss:secret@db.example:6432/hall?sslmode=require",
            {"user": "approval", "password": "p/w@ä", "host": "db.example", "port": "6432", "dbname": "hall",
             "sslmode": "require"},
        ),
        (
            "host=127.0.0.1 port=5433 user=boss dbname=sunlit",
            {"user": "approval", "password": "p/w@ä", "host": "127.0.0.1", "port": "5433", "dbname": "sunlit"},
        ),
    ],
)  # fmt: skip
def test_a_service_logs_in_at_the_same_place_as_itself(admin: str, expected: dict[str, str]) -> None:
    """Host, port, database and options are the administrator's; user and password are not."""
    assert conninfo_to_dict(service_dsn(admin, "approval", "p/w@ä")) == expected


def test_a_shown_address_holds_no_password() -> None:
    """`sunlit status` can be pasted into a ticket."""
    assert without_password("postgresql://boss:s%40cret@127.0.0.1:5/sunlit") == "postgresql://boss@127.0.0.1:5/sunlit"
