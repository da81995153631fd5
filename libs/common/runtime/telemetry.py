"""Logs and metrics of one process (`runtime.tracing` has the traces). None of them carries personal data.

Logs are JSON lines on stdout (structlog); the standard library's loggers of the drivers go the same way, rate limited:
with a dead broker they print some hundred lines a second.
"""

from __future__ import annotations

import logging
import sys
import traceback

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector

from libs.common.runtime.health import describe

NOISY = ("faust", "mode", "aiokafka", "kafka", "sqlalchemy", "asyncio")
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
LATE_SECONDS = (1, 5, 15, 30, 60, 120, 300, 900, 3600)
EVENTS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


class RateLimit(logging.Filter):
    """Lets `burst` lines of one logger and place pass, then `per_second`; the rest is counted, not printed."""

    def __init__(self, burst: int = 20, per_second: float = 0.5) -> None:
        super().__init__()
        self._burst, self._per_second = burst, per_second
        self._tokens: dict[tuple[str, int], tuple[float, float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        place = (record.name, record.lineno)
        tokens, at, dropped = self._tokens.get(place, (float(self._burst), record.created, 0))
        tokens = min(self._burst, tokens + (record.created - at) * self._per_second)
        if tokens < 1:
            self._tokens[place] = (tokens, record.created, dropped + 1)
            return False
        if dropped:
            record.msg, record.args = f"{record.getMessage()} (and {dropped} more like it)", ()
        self._tokens[place] = (tokens - 1, record.created, 0)
        return True


def setup_logging(service: str, process: str, level: str = "INFO") -> None:
    """JSON lines on stdout for structlog and for the standard library; tracebacks without local values."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _bare_traceback,
        lambda _, __, event: {**event, "service": service, "process": process},
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    handler.addFilter(_BareErrors())
    handler.addFilter(_NoisyOnly(RateLimit()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _bare_traceback(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A traceback as places only: the texts of errors may hold the values of a failed statement."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["error"] = describe(error)
        event["at"] = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)]
    return event


class _BareErrors(logging.Filter):
    """Errors that drivers and Faust print as arguments of a line lose their texts."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(describe(a) if isinstance(a, BaseException) else a for a in record.args)
        return True


class _NoisyOnly(logging.Filter):
    """Applies a rate limit to the drivers' loggers and leaves ours alone."""

    def __init__(self, limit: RateLimit) -> None:
        super().__init__()
        self._limit = limit

    def filter(self, record: logging.LogRecord) -> bool:
        return record.name.split(".", 1)[0] not in NOISY or self._limit.filter(record)


def log(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; events are short snake-case words, facts go into key=value."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


class Metrics:
    """Every metric of the spine, in the one registry of the process (services add theirs to `registry`)."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        r = self.registry
        self.lag = Gauge("sunlit_consumer_lag_events", "Events not yet taken in", ["topic", "partition"], registry=r)
        self.taken = Counter("sunlit_consumer_events", "Events taken in", ["topic"], registry=r)
        self.duplicates = Counter("sunlit_consumer_duplicates", "Events seen before, dropped", registry=r)
        self.parked = Counter("sunlit_dead_letters", "Events parked", ["code"], registry=r)
        self.batch_events = Histogram("sunlit_batch_events", "Events of a batch", buckets=EVENTS, registry=r)
        self.batch_seconds = Histogram("sunlit_batch_seconds", "Time of a batch", buckets=SECONDS, registry=r)
        self.retries = Counter("sunlit_consumer_retries", "Batches tried again", ["why"], registry=r)
        self.tripped = Gauge("sunlit_consumer_tripped", "1 = stopped, too much was parked", registry=r)
        self.offset_gap = Counter("sunlit_offset_gaps", "Group offsets found ahead of the effects", registry=r)
        self.outbox_rows = Gauge("sunlit_outbox_rows", "Facts that wait for the relay", registry=r)
        self.outbox_age = Gauge("sunlit_outbox_age_seconds", "Age of the oldest of them", registry=r)
        self.relayed = Counter("sunlit_relay_events", "Facts told and acknowledged", ["type"], registry=r)
        self.relay_errors = Counter("sunlit_relay_errors", "Publications that failed", registry=r)
        self.relay_leads = Gauge("sunlit_relay_leads", "1 = this process publishes", registry=r)
        self.due_handled = Counter("sunlit_due_looks", "Looks worked off", ["line"], registry=r)
        self.due_seconds = Histogram("sunlit_due_seconds", "Time of a due batch", buckets=SECONDS, registry=r)
        self.due_lag = Histogram(
            "sunlit_due_lag_seconds", "How late looks were worked off", ["line"], buckets=LATE_SECONDS, registry=r
        )
        self.due_late = Gauge("sunlit_due_late_seconds", "How late the earliest look was", ["line"], registry=r)
        self.requests = Counter("sunlit_http_requests", "Requests answered", ["method", "route", "status"], registry=r)
        self.request_seconds = Histogram("sunlit_http_seconds", "Time of a request", buckets=SECONDS, registry=r)
