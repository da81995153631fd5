"""`python -m bench NAME [--quick] [--size N]`: one claim in this process, its answer as JSON on stdout."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable

import msgspec

from bench import consume, decode, due, fold, latency, notify_storm, relay, scale
from bench.claim import Order, Result, Wrong

CLAIMS: dict[str, Callable[[Order], Result]] = {
    "decode": decode.run,
    "fold": fold.run,
    "consume": consume.run,
    "relay": relay.run,
    "latency": latency.run,
    "scale": scale.run,
    "due": due.run,
    "notify_storm": notify_storm.run,
}


def main() -> int:
    """Run one claim; 1 when its result is wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", choices=list(CLAIMS))
    parser.add_argument("--quick", action="store_true", help="a smoke run: the figures mean little")
    parser.add_argument("--size", type=int, help="how many events or rows")
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that engines are stopped and deleted
    try:
        result = CLAIMS[wanted.name](Order(is_quick=wanted.quick, size=wanted.size, say=say))
    except Wrong as error:
        say(f"WRONG: {error}")
        return 1
    sys.stdout.buffer.write(msgspec.json.encode(result) + b"\n")
    return 0


def say(text: str) -> None:
    """One line for the person who waits."""
    print(f"  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
