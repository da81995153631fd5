"""`python -m libs.ops.engines`: fetch, verify and warm the local engines, so that the first `sunlit up` is quick."""

from __future__ import annotations

import sys

from libs.ops.commands.terminal import say
from libs.ops.engines import kafka
from libs.ops.engines.places import cache_folder
from libs.ops.engines.postgresql import binaries
from libs.ops.engines.site import named_java, site_kafka
from libs.ops.errors import CommandError


def main() -> int:
    """Prepare what is not brought by the site."""
    try:
        if site_kafka() is None:
            kafka.prepare(cache_folder(), named_java(), say)
        binaries()
    except CommandError as error:
        say(str(error))
        return int(error.code)
    return 0


if __name__ == "__main__":
    sys.exit(main())
