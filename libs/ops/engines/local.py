"""The engines of one home: a Kafka and a PostgreSQL as child processes, or those of the site."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from libs.ops.engines.kafka import Broker, Kit, coordinator_answers
from libs.ops.engines.postgresql import Server
from libs.ops.errors import CommandError
from libs.ops.ports import Reservations
from libs.ops.processes import Spec

PORTS = ["kafka", "kafka_controller", "postgresql"]
RANK = 0  # engines are stopped last


class LocalEngines:
    """A Kafka and a PostgreSQL with their data under `home`.

    Args:
        home: the platform's home folder.
        kit: from `kafka.prepare`; None = no Kafka here.
        password: of PostgreSQL's administrator; None = no PostgreSQL here.
        ports_before: ports of the last run, kept when they are still free.
        reservations: the launcher's; None = these engines reserve for themselves until `stop`.
    """

    def __init__(
        self,
        home: Path,
        kit: Kit | None,
        password: str | None,
        ports_before: Mapping[str, int] | None = None,
        reservations: Reservations | None = None,
    ) -> None:
        self._own = Reservations()
        self.ports = (reservations or self._own).choose(PORTS, ports_before or {})
        kafka = home / "kafka", self.ports["kafka"], self.ports["kafka_controller"]
        self.broker = Broker(kit, *kafka) if kit else None
        self.server = Server(home / "postgresql", self.ports["postgresql"], password) if password else None

    @property
    def bootstrap(self) -> str:
        """Address of the Kafka here."""
        assert self.broker is not None
        return self.broker.bootstrap

    @property
    def dsn(self) -> str:
        """Address of the PostgreSQL here, as the administrator."""
        assert self.server is not None
        return self.server.dsn()

    def specs(self, logs: Path) -> list[Spec]:
        """How a supervisor starts and stops them."""
        found = []
        broker, server = self.broker, self.server
        if broker is not None:
            found.append(Spec("kafka", RANK, partial(broker.start, logs / "kafka.log"), port=broker.port))
        if server is not None:
            start = partial(server.start, logs / "postgresql.log")
            found.append(Spec("postgresql", RANK, start, stop_by=signal.SIGINT, port=server.port))
        return found

    def wait_until_ready(self) -> None:
        """Return when both serve.

        Raises:
            CommandError: one of them does not start.
        """
        if self.server is not None:
            self.server.wait_until_ready()
        if self.broker is not None:
            self.broker.wait_until_ready()

    def start(self, logs: Path) -> None:
        """Start both without a supervisor and return when both serve; on failure neither is left behind.

        Raises:
            CommandError: one of them does not start.
        """
        logs.mkdir(parents=True, exist_ok=True)
        try:
            for spec in self.specs(logs):
                spec.start()
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop both gracefully; harmless when they do not run."""
        for engine in (self.broker, self.server):
            if engine is not None:
                engine.stop()
        self._own.close()


def check_kafka_of_site(bootstrap: str) -> None:
    """A broker that is not ours must answer already.

    Raises:
        CommandError: it does not.
    """
    if not coordinator_answers(bootstrap):
        raise CommandError(f"SUNLIT_KAFKA={bootstrap}: no Kafka answers there. Start it, or unset SUNLIT_KAFKA.")
