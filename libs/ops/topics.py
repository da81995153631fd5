"""The topics' administrator for the command line: the same as `runtime.topics`, with refusals in the reader's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kafka.errors import KafkaError

from libs.common.runtime.settings import Settings
from libs.common.runtime.topics import TopicAdmin
from libs.ops.errors import CommandError
from libs.ops.probe import listens


@contextmanager
def administration(settings: Settings) -> Iterator[TopicAdmin]:
    """Plan and make topics.

    Raises:
        CommandError: Kafka does not answer or refuses.
    """
    if not any(listens(server) for server in settings.servers):
        raise CommandError(f"Kafka at {settings.kafka} does not answer.")
    try:
        admin = TopicAdmin(settings)
    except (KafkaError, OSError) as error:
        raise CommandError(f"Kafka at {settings.kafka} does not answer: {error}") from error
    try:
        yield admin
    except KafkaError as error:
        raise CommandError(f"Kafka at {settings.kafka} refuses: {error}") from error
    finally:
        admin.close()
