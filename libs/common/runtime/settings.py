"""Every setting of every process, read from the environment once (prefix `SUNLIT_`); nothing else reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from psycopg.conninfo import make_conninfo
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of one process. Units stand last in the names; secrets are shown masked.

    Raises `pydantic.ValidationError` naming the variable that is wrong.
    """

    model_config = SettingsConfigDict(env_prefix="SUNLIT_", frozen=True, extra="ignore")

    # place
    home: Path = Field(Path(".sunlit"), description="folder of a local platform: engines, logs, clock, secrets")
    secrets: Path | None = Field(None, description="folder of the key files; default <home>/secrets")
    host: str = Field("127.0.0.1", description="address that the API or the probe server listens on")
    port: int = Field(0, ge=0, le=65535, description="its port; 0 = any free one")

    # engines
    kafka: str = Field("127.0.0.1:9092", description="bootstrap servers, comma separated")
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_SSL", "SASL_PLAINTEXT"] = Field(
        "PLAINTEXT", description="how we speak to Kafka; in a cluster SASL_SSL"
    )
    kafka_sasl_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = Field(
        "SCRAM-SHA-512", description="how we log in to Kafka"
    )
    kafka_user: str = Field("", description="our name at Kafka")
    kafka_password: SecretStr = Field(SecretStr(""), description="its password")
    kafka_ca_file: Path | None = Field(None, description="who signs for Kafka; default the system's authorities")
    kafka_metadata_max_age_ms: int = Field(30_000, ge=100, description="how soon new topics of a pattern are seen")
    database: SecretStr = Field(SecretStr("postgresql://127.0.0.1/sunlit"), description="libpq DSN or URI")
    database_direct: SecretStr | None = Field(
        None, description="the same without a transaction pooler, for LISTEN and session locks; default `database`"
    )
    database_password_file: Path | None = Field(None, description="file with the password, if the DSN holds none")
    database_pool_size: int = Field(5, ge=1, description="connections of one process; a caller waits 2 s for one")
    database_schema: str = Field("", description="schema; default the name of the service")

    # topics
    topic_partitions: int = Field(12, ge=1, description="of a new topic: the most workers that share it")
    topic_replication: int = Field(1, ge=1, description="copies of a new topic")
    topic_min_insync: int = Field(1, ge=1, description="copies that must have an event before it counts")

    # the two clocks
    clock: str = Field("wall", description="`wall`, or `virtual:<file>`")
    timezone: str = Field("Asia/Shanghai", description="legal time zone of regions without a profile")

    # consumer
    consumer_batch_events: int = Field(2000, ge=1, description="events of one transaction, at most")
    consumer_session_timeout_ms: int = Field(
        10_000, ge=6_000, description="after so long without a sign of life others take a worker's partitions"
    )
    consumer_instance: str = Field(
        "", description="name of this worker in its group (one per running worker): a restart takes its place at once"
    )
    consumer_outage_limit_s: float = Field(240.0, gt=0, description="an outage longer than this ends the process (75)")
    offset_check_s: float = Field(15.0, gt=0, description="how often group offsets are held against the effects")

    # API
    body_limit_bytes: int = Field(32 * 1024 * 1024, ge=1, description="beyond it a request is answered 413")
    outbox_cap_rows: int = Field(200_000, ge=1, description="beyond it the intake answers 503")

    # outgoing (decision 46)
    egress_allow: str = Field("", description="CIDRs of private ranges that may be sent to, comma separated")
    egress_proxy: str = Field(
        "", description="`http://host:port` of the proxy that outgoing requests leave through; empty = directly"
    )
    external_url: str = Field("", description="our own address as readers of messages see it, without a last slash")
    smtp_host: str = Field("", description="mail server; empty = no mail is sent")
    smtp_port: int = Field(25, ge=1, le=65535, description="its port")
    smtp_sender: str = Field("sunlit-hall@localhost", description="From of our mails")
    smtp_user: str = Field("", description="our name there, if it wants one; then TLS is a must")
    smtp_password: SecretStr = Field(SecretStr(""), description="its password")

    # the gateway where `sunlit up` did not start the processes
    upstreams: str = Field(
        "", description="where the processes answer, `approval-api=host:port,…`; empty = those of the local home"
    )

    # telemetry
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="least serious lines that are written"
    )
    otlp: str = Field("", description="OTLP/HTTP endpoint of traces; empty = no tracing")

    @property
    def secrets_dir(self) -> Path:
        """Folder of the key files."""
        return self.secrets if self.secrets is not None else self.home / "secrets"

    @property
    def dsn(self) -> str:
        """DSN for the pool."""
        return self._with_password(self.database)

    @property
    def dsn_direct(self) -> str:
        """DSN of a direct connection (decision 17)."""
        direct = self.database_direct
        return self._with_password(direct) if direct is not None else self.dsn

    @property
    def places(self) -> dict[str, str]:
        """`upstreams` by name of the process."""
        pairs = [pair.strip().partition("=") for pair in self.upstreams.split(",") if pair.strip()]
        return {name: place for name, _, place in pairs}

    def _with_password(self, dsn: SecretStr) -> str:
        """The DSN, with the password of the file if there is one; read anew each time, for it may rotate."""
        if self.database_password_file is None:
            return dsn.get_secret_value()
        password = self.database_password_file.read_text(encoding="utf-8").strip()
        return make_conninfo(dsn.get_secret_value(), password=password)

    def schema_of(self, service: str) -> str:
        """The schema that `service` works in; a rebuild names a shadow."""
        return self.database_schema or service

    @property
    def servers(self) -> list[str]:
        """Bootstrap servers as a list."""
        return [s.strip() for s in self.kafka.split(",") if s.strip()]
