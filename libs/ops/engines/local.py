"""Both engines of one home, started side by side."""

from __future__ import annotations

from pathlib import Path

from libs.ops.engines.kafka import Broker, Kit
from libs.ops.engines.postgresql import Server
from libs.ops.ports import choose

PORTS = ["kafka", "kafka_controller", "postgresql"]


class LocalEngines:
    """A Kafka and a PostgreSQL with their data under `home`.

    Args:
        home: the platform's home folder.
        kit: from `kafka.prepare`.
        password: of PostgreSQL's administrator.
        ports_before: ports of the last run, kept when they are still free.
    """

    def __init__(self, home: Path, kit: Kit, password: str, ports_before: dict[str, int] | None = None) -> None:
        self.ports = choose(PORTS, ports_before or {})
        self.broker = Broker(kit, home / "kafka", self.ports["kafka"], self.ports["kafka_controller"])
        self.server = Server(home / "postgresql", self.ports["postgresql"], password)

    @property
    def bootstrap(self) -> str:
        """Kafka's address."""
        return self.broker.bootstrap

    @property
    def dsn(self) -> str:
        """PostgreSQL's address as the administrator."""
        return self.server.dsn()

    def start(self, logs: Path) -> None:
        """Start both and return when both serve; on failure neither is left behind.

        Raises:
            CommandError: one of them does not start.
        """
        logs.mkdir(parents=True, exist_ok=True)
        try:
            self.broker.start(logs / "kafka.log")
            self.server.start(logs / "postgresql.log")
            self.server.wait_until_ready()
            self.broker.wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop both gracefully; harmless when they do not run."""
        self.broker.stop()
        self.server.stop()
