"""`python -m libs.ops.faults.launch`: the platform's own launcher, for a platform that is going to be harmed.

Two things differ from `sunlit up`: a process that is killed many times in a minute starts again after a second at most,
and the processes may find the database behind a proxy, which can cut a connection at an exact message.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from libs.ops import plan
from libs.ops.commands.terminal import say
from libs.ops.home import Home
from libs.ops.launcher import Launcher, Request
from libs.ops.legal_clock import parse_option
from libs.ops.ports import LOOPBACK
from libs.ops.processes import Say

LONGEST_PAUSE_SECONDS = 1.0


class HarmedLauncher(Launcher):
    """The launcher of a platform that is harmed.

    Args:
        through: port of the proxy before the database; None = there is none.
    """

    def __init__(self, request: Request, say: Say, through: int | None) -> None:
        super().__init__(request, say)
        self.through = through
        self.supervisor.longest_pause_seconds = LONGEST_PAUSE_SECONDS

    def addresses(self) -> plan.Addresses:
        """The processes go through the proxy; whoever judges them asks the database itself."""
        found = super().addresses()
        return replace(found, database=at_port(found.database, self.through)) if self.through else found


def at_port(dsn: str, port: int) -> str:
    """The same database at another port of this machine."""
    parts = urlsplit(dsn)
    login = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{login}@{LOOPBACK}:{port}"))


def main() -> None:
    """Run one platform in the foreground until it is told to end."""
    parser = argparse.ArgumentParser(prog="libs.ops.faults.launch", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--clock", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--through", type=int)
    asked = parser.parse_args()
    request = Request(Home(asked.home), asked.port, parse_option(asked.clock))
    HarmedLauncher(request, say, asked.through).run()


if __name__ == "__main__":
    main()
