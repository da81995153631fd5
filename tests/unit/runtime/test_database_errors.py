"""What an error of the database means for the batch in hand."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from libs.common.kernel.errors import DataError, Problem
from libs.common.runtime.database import as_data_error, blames_the_house, is_transient, sqlstate


def wrapped(origin: BaseException) -> DBAPIError:
    """The error as SQLAlchemy hands it on."""
    return DBAPIError("SELECT 1", {}, origin)


TRANSIENT = [
    errors.SerializationFailure, errors.DeadlockDetected, errors.ReadOnlySqlTransaction, errors.AdminShutdown,
    errors.CrashShutdown, errors.CannotConnectNow, errors.DiskFull, errors.TooManyConnections, errors.OutOfMemory,
    errors.ConnectionFailure, errors.LockNotAvailable, errors.QueryCanceled, errors.StatementCompletionUnknown,
    errors.IdleInTransactionSessionTimeout, errors.InvalidPassword, errors.InvalidCatalogName, errors.IoError,
]  # fmt: skip
DATA = [
    errors.NumericValueOutOfRange,
    errors.UntranslatableCharacter,
    errors.InvalidDatetimeFormat,
    errors.CharacterNotInRepertoire,
]
HOUSE = [
    errors.UndefinedTable,
    errors.UndefinedColumn,
    errors.InsufficientPrivilege,
    errors.InvalidSchemaName,
    errors.InternalError_,
]
OTHERS = [errors.UniqueViolation, errors.ForeignKeyViolation, errors.NotNullViolation, errors.CheckViolation]


@pytest.mark.parametrize("kind", TRANSIENT + DATA + HOUSE + OTHERS)
def test_every_sqlstate_has_one_meaning(kind: type[psycopg.Error]) -> None:
    """Transient, the data's fault, the house's fault, or unknown: never two of them, wrapped or bare."""
    for error in (kind("x"), wrapped(kind("x"))):
        assert sqlstate(error) == kind.sqlstate
        assert is_transient(error) == (kind in TRANSIENT)
        assert (as_data_error(error) is not None) == (kind in DATA)
        assert blames_the_house(error) == (kind in HOUSE)


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("server closed the connection unexpectedly"),
        psycopg.InterfaceError("the connection is closed"),
        ConnectionResetError(),
        TimeoutError(),
        PoolTimeout("pool"),
    ],
)
def test_a_lost_connection_is_transient(error: Exception) -> None:
    """So is the unknown outcome of a commit: the inbox makes a second try safe."""
    assert is_transient(error)
    assert as_data_error(error) is None


@pytest.mark.parametrize("error", [KeyError("x"), AssertionError(), ValueError("x"), ZeroDivisionError()])
def test_an_error_of_ours_is_neither(error: Exception) -> None:
    """It is tried again and then parked, with an alert."""
    assert not is_transient(error)
    assert as_data_error(error) is None
    assert not blames_the_house(error)


@pytest.mark.parametrize("origin", [psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")])
def test_what_the_driver_refuses_to_send_is_a_data_error(origin: Exception) -> None:
    """psycopg gives no SQLSTATE for a NUL character."""
    found = as_data_error(wrapped(origin))
    assert found is not None
    assert found.problems[0].code == "VALUE_NOT_STORABLE"


def test_half_a_surrogate_is_a_data_error() -> None:
    """Text that no UTF-8 can hold is refused by the codec, not by the server."""
    with pytest.raises(UnicodeEncodeError) as caught:
        "\ud800".encode()
    assert as_data_error(caught.value) is not None


def test_our_own_data_error_stays_itself() -> None:
    """Its problems are the letter's."""
    error = DataError(Problem("X", "/a", "坏", "bad"))
    assert as_data_error(error) is error
