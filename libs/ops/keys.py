"""Secrets of a local platform: made once in `<home>/secrets`, one file each, mode 0600.

The platform's own keys are those of `runtime.keyring`; here stand the database passwords that `migrate` gives to roles.
A site that brings its own mounts the same file names. Losing them loses the sealed personal data and every login.
"""

from __future__ import annotations

import secrets
import shutil
from datetime import UTC, datetime
from pathlib import Path

from libs.common.runtime.keyring import create_keys
from libs.ops.home import write_privately
from libs.ops.roster import KEY_FILES, SERVICES

ADMIN = "admin"
FIRST_YEAR = 2004  # of the calendar: a log of any later year can be replayed as of its own days
YEARS_AHEAD = 2


def make(folder: Path, now: datetime) -> None:
    """Make what is missing; what is there is never changed.

    Args:
        now: the latest of the clocks: sealing keys are yearly.
    """
    create_keys(folder, range(FIRST_YEAR, now.year + YEARS_AHEAD + 1))
    for role in (ADMIN, *SERVICES):
        file = password_file(folder, role)
        if not file.exists():
            write_privately(file, secrets.token_urlsafe(24).encode())  # no character that an address would escape


def make_now(folder: Path) -> None:
    """`make` by the wall clock."""
    make(folder, datetime.now(UTC))


def password_file(folder: Path, role: str) -> Path:
    """Where the password of a role stands."""
    return folder / f"postgresql.{role}.password"


def database_password(folder: Path, role: str) -> str:
    """The password of `admin` or of a service's role."""
    return password_file(folder, role).read_text(encoding="ascii").strip()


def database_passwords(folder: Path) -> dict[str, str]:
    """The passwords of the services' roles."""
    return {service: database_password(folder, service) for service in SERVICES}


def split(folder: Path, target: Path) -> list[Path]:
    """Copy each part's key files into a folder of its own, as secrets of a cluster are made from; returns the folders.

    Raises:
        FileNotFoundError: a file that a part needs is missing; says which.
    """
    parts = []
    for part, patterns in KEY_FILES.items():
        place = target / part
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        for pattern in patterns:
            found = sorted(folder.glob(pattern))
            if not found:
                raise FileNotFoundError(f"{folder} holds no {pattern}, which {part} needs")
            for file in found:
                shutil.copy2(file, place / file.name)
        parts.append(place)
    return parts
