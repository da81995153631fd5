"""`python -m libs.ops.gateway`: the gateway of the home, or of the processes, that the environment names."""

from __future__ import annotations

import uvicorn

from libs.common.runtime import garbage
from libs.common.runtime.settings import Settings
from libs.common.runtime.telemetry import setup_logging
from libs.ops.gateway.app import Gateway, configuration
from libs.ops.home import Home


def main() -> None:
    """Serve until SIGTERM."""
    settings = Settings()
    setup_logging("gateway", "gateway", settings.log_level)
    home = Home(settings.home)
    gateway = Gateway(settings, home, settings.places or home.state().ports)
    server = uvicorn.Server(configuration(gateway, settings.host, settings.port))
    garbage.look_seldom()
    server.run()


if __name__ == "__main__":
    main()
