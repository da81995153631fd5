"""Kafka's jars: resolved once by coordinates, each checked against the list of checksums in `data/kafka.sha256`."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from libs.ops.errors import CommandError

DATA = Path(__file__).parent / "data"


def checksums(listing: Path = DATA / "kafka.sha256") -> dict[str, str]:
    """Jar name → SHA-256 in hex, in the order of the class path."""
    pairs = (line.split() for line in listing.read_text(encoding="ascii").splitlines() if line)
    return {name: digest for digest, name in pairs}


def verify(folder: Path, expected: dict[str, str]) -> None:
    """Check that the folder holds exactly the jars of the list, with their content.

    Raises:
        CommandError: a jar is missing, unknown or differs; says which.
    """
    found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in folder.glob("*.jar")}
    wrong = sorted(
        [f"{name} is missing" for name in expected.keys() - found.keys()]
        + [f"{name} is not on the list" for name in found.keys() - expected.keys()]
        + [f"{name} differs" for name in found.keys() & expected.keys() if found[name] != expected[name]]
    )
    if wrong:
        raise CommandError(
            f"The jars of Apache Kafka in {folder} are not those that this project was tested with: "
            f"{'; '.join(wrong)}. Nothing was started. Delete {folder} and run the command again; if it repeats, "
            "the package source answers with other content."
        )


def resolve(cache: Path, say: Callable[[str], None] = lambda _: None) -> Path:
    """The folder with Kafka's verified jars; resolves them on first use (one at a time per cache folder).

    Raises:
        CommandError: they cannot be had, or their content is not the expected one.
    """
    expected = checksums()
    key = hashlib.sha256(repr(sorted(expected.items())).encode()).hexdigest()[:12]
    folder = cache / f"kafka-jars-{key}"
    if not folder.exists():  # a cache that somebody else filled need not be writable
        cache.mkdir(parents=True, exist_ok=True)
        with (cache / "kafka-jars.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                say("fetching Apache Kafka, once for this machine (44 jars, 43 MB)")
                download(cache, folder, expected)
    verify(folder, expected)
    return folder


def download(cache: Path, folder: Path, expected: dict[str, str]) -> None:
    """Resolve the coordinates of jgo.toml into a work folder, verify, then move into place in one step."""
    work = cache / f"kafka-jars-work-{os.getpid()}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        shutil.copy(DATA / "jgo.toml", work)
        run = subprocess.run(
            [sys.executable, "-m", "jgo", "--quiet", "--ignore-config", "--resolver", "python",
             "--repo-cache", str(cache / "maven"), "sync"],
            cwd=work, capture_output=True, text=True, check=False, timeout=900,
        )  # fmt: skip
        if run.returncode != 0:
            raise CommandError(f"Apache Kafka's jars could not be had: {(run.stderr or run.stdout).strip()[-2000:]}")
        flat = work / "flat"
        flat.mkdir()
        for jar in (work / "env").rglob("*.jar"):
            jar.rename(flat / jar.name)
        verify(flat, expected)
        flat.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
