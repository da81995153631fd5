"""A real Apache Kafka 4.4 on this machine: one KRaft node on the loopback address, without Docker.

Figures (start 1–2 s with the class archive, 200 MB resident) are in docs/operations.md.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from libs.ops import children
from libs.ops.engines import jars, java
from libs.ops.errors import CommandError
from libs.ops.ports import LOOPBACK, free_ports
from libs.ops.probe import listens

JVM_OPTIONS = ("-Xmx256m", "-XX:+UseSerialGC", "-Djava.awt.headless=true")
STOP_GRACE_SECONDS = 10.0
START_LIMIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Kit:
    """What is needed to run a broker: a Java, the verified jars, and an archive of loaded classes for quick starts."""

    java: Path
    jars: Path
    archive: Path

    def command(self, main: str, *arguments: str, options: tuple[str, ...] = ()) -> list[str]:
        """Command line of one of Kafka's main classes."""
        classes = ":".join(str(self.jars / name) for name in jars.checksums())
        shared = (f"-XX:SharedArchiveFile={self.archive}",) if self.archive.exists() and not options else ()
        logging = f"-Dlog4j2.configurationFile={jars.DATA / 'log4j2.xml'}"
        return [str(self.java), *JVM_OPTIONS, *shared, *options, logging, "-cp", classes, main, *arguments]


def prepare(cache: Path, java_named: str | None, say: Callable[[str], None] = lambda _: None) -> Kit:
    """Resolve Java and jars and make the class archive on first use.

    Raises:
        CommandError: something cannot be had, or is not what it should be.
    """
    binary, folder = java.find(java_named), jars.resolve(cache, say)
    stat = binary.stat()
    key = hashlib.sha256(f"{binary.resolve()} {stat.st_size} {stat.st_mtime_ns} {folder}".encode()).hexdigest()[:12]
    kit = Kit(binary, folder, cache / f"kafka-classes-{key}.jsa")
    if not kit.archive.exists() and os.access(cache, os.W_OK):
        with (cache / "kafka-classes.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kit.archive.exists():
                say("making Kafka's class archive, once for this machine (some 10 s)")
                make_archive(kit, cache)
    return kit


def make_archive(kit: Kit, cache: Path) -> None:
    """Run a throw-away broker once and keep the classes that it loaded (AppCDS): later starts take half the time.

    The wheel's Java ships without a base archive, so that is made first. A Java that cannot do it costs only the
    quick start: the broker runs without.
    """
    base, work = kit.archive.with_suffix(".base.jsa"), kit.archive.with_suffix(f".{os.getpid()}")
    dump = [str(kit.java), "-Xshare:dump", "-XX:+UseSerialGC", f"-XX:SharedArchiveFile={base}"]
    if subprocess.run(dump, capture_output=True, check=False, timeout=120).returncode != 0:
        return
    home = cache / f"kafka-warm-{os.getpid()}"
    home.mkdir(parents=True)
    broker = Broker(kit, home, *free_ports(2))
    try:
        broker.start(options=(f"-XX:SharedArchiveFile={base}", f"-XX:ArchiveClassesAtExit={work}"))
        broker.wait_until_ready()
        broker.stop(grace_seconds=60.0)
        if work.exists():
            work.rename(kit.archive)
    finally:
        broker.stop(grace_seconds=1.0)
        subprocess.run(["rm", "-rf", str(home)], check=False)


class Broker:
    """One broker and its data folder `home/data`.

    Args:
        kit: from `prepare`.
        home: a folder of its own.
        port, controller_port: on the loopback address.
    """

    def __init__(self, kit: Kit, home: Path, port: int, controller_port: int) -> None:
        self.kit, self.home, self.port, self.controller_port = kit, home, port, controller_port
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """Address for clients."""
        return f"{LOOPBACK}:{self.port}"

    def start(self, log: Path | None = None, options: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
        """Format the data folder on first use and start the broker; `wait_until_ready` tells when it serves.

        Raises:
            CommandError: the data folder cannot be formatted.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        properties = self.home / "server.properties"
        properties.write_text(self.properties(), encoding="utf-8")
        if not (self.home / "data" / "meta.properties").exists():
            self.format(properties)
        self.process = children.spawn(
            self.kit.command("kafka.Kafka", str(properties), options=options),
            log=log or self.home / "kafka.log",
            env={"PATH": os.environ.get("PATH", "")},
            cwd=self.home,
            dies_by=signal.SIGTERM,
        )
        return self.process

    def format(self, properties: Path) -> None:
        """Give the data folder a cluster id (KRaft)."""
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        command = self.kit.command(
            "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", f"--config={properties}"
        )
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        if run.returncode != 0:
            raise CommandError(
                f"Kafka's data folder {self.home} cannot be formatted: {(run.stderr or run.stdout)[-2000:]}"
            )

    def wait_until_ready(self, seconds: float = START_LIMIT_SECONDS) -> None:
        """Return when the group coordinator answers: the port alone answers earlier.

        Raises:
            CommandError: the broker died, or did not answer in time.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.process is not None and self.process.poll() is not None:
                raise CommandError(
                    f"Kafka ended at once with code {self.process.returncode}; its log says why: {self.home}"
                )
            if coordinator_answers(self.bootstrap):
                return
            time.sleep(0.05)
        raise CommandError(
            f"Kafka on {self.bootstrap} did not answer within {seconds:.0f} s; see its log in {self.home}"
        )

    def stop(self, grace_seconds: float = STOP_GRACE_SECONDS) -> None:
        """Stop gracefully, by force after the grace."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def properties(self) -> str:
        """The broker's settings: one node with both roles, nothing created by itself, small internal topics."""
        lines = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@{LOOPBACK}:{self.controller_port}",
            "listeners": f"PLAINTEXT://{LOOPBACK}:{self.port},CONTROLLER://{LOOPBACK}:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{self.port}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": self.home / "data",
            "auto.create.topics.enable": "false",
            "num.partitions": 12,
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 4,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "share.coordinator.state.topic.num.partitions": 1,
            "group.initial.rebalance.delay.ms": 0,
            "log.cleaner.dedupe.buffer.size": 16777216,
            "broker.session.timeout.ms": 3000,
            "broker.heartbeat.interval.ms": 500,
        }
        return "".join(f"{name}={value}\n" for name, value in lines.items())


def coordinator_answers(bootstrap: str) -> bool:
    """Whether the broker there serves consumer groups now."""
    if not any(listens(server) for server in bootstrap.split(",")):
        return False  # asked first, because kafka-python leaves a socket open at each refused connection
    try:
        admin = KafkaAdminClient(bootstrap_servers=bootstrap, bootstrap_timeout_ms=1000, request_timeout_ms=3000)
    except (KafkaError, OSError):
        return False
    try:
        admin.list_group_offsets("sunlit-readiness")
    except (KafkaError, OSError):
        return False
    else:
        return True
    finally:
        admin.close()
