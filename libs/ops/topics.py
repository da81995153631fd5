"""Topics for the command line: `runtime.topics` with refusals in the reader's words, and what is there now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from kafka.errors import KafkaError

from libs.common.runtime.brokers import client_options
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


async def partitions(settings: Settings, wanted: Callable[[str], bool]) -> list[TopicPartition]:
    """Every partition of the topics that are there and wanted.

    A consumer would know only the topics that it is subscribed to, hence the administrator.
    """
    admin = AIOKafkaAdminClient(**client_options(settings))
    try:
        await admin.start()
        told = await admin.describe_topics([name for name in await admin.list_topics() if wanted(name)])
    finally:
        await admin.close()
    return [TopicPartition(topic["topic"], part["partition"]) for topic in told for part in topic["partitions"]]
