"""`python -m services.notify api|worker`."""

from __future__ import annotations

import sys

from libs.common.runtime.api import run_api
from libs.common.runtime.settings import Settings
from libs.common.runtime.worker import run_worker
from services.notify.main import build_api, build_worker


def main(arguments: list[str]) -> int:
    """Runs one process of this service; 2 for a wrong word."""
    match arguments:
        case ["api"]:
            run_api(build_api(Settings()))
        case ["worker"]:
            run_worker(build_worker(Settings()))
        case _:
            sys.stderr.write("usage: python -m services.notify api|worker\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
