"""Pub/Sub: messages that are published to a topic, which exists or does not."""

import os
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from checking import expect, expect_error
from google.api_core.exceptions import InvalidArgument, NotFound
from google.cloud import pubsub_v1

SECONDS = 30


def checks(settings) -> Iterator[tuple[str, Callable[[], None]]]:
    # The client uses an emulator, without encryption and credentials, only if this variable is set.
    os.environ["PUBSUB_EMULATOR_HOST"] = urlsplit(settings.endpoint).netloc
    it = PubSub(settings.project, settings.topic)
    yield "a message that is published gets an id of its own", it.publishes
    yield "messages that are published together get an id each", it.publishes_together
    yield "a message with attributes is published", it.publishes_attributes
    yield "a topic that is missing is not found", it.misses
    yield "a message with neither data nor attributes is refused", it.refuses_empty


class PubSub:
    def __init__(self, project: str, topic: str) -> None:
        self.client = pubsub_v1.PublisherClient()
        self.topic = self.client.topic_path(project, topic)
        self.missing = self.client.topic_path(project, "second-opinion-no-topic")

    def publish(self, topic: str, data: bytes, **attributes: str) -> str:
        return self.client.publish(topic, data, **attributes).result(timeout=SECONDS)

    def publishes(self) -> None:
        ids = [self.publish(self.topic, b'{"message": 1}'), self.publish(self.topic, b'{"message": 1}')]
        expect("every id is a text with something in it", all(isinstance(id, str) and id for id in ids), True)
        expect("the ids are different", len(set(ids)), 2)

    def publishes_together(self) -> None:
        # The client batches messages for a moment and sends them in one call.
        published = [self.client.publish(self.topic, data) for data in (b"one", b"two", b"three")]
        expect("the number of ids", len({it.result(timeout=SECONDS) for it in published}), len(published))

    def publishes_attributes(self) -> None:
        expect("there is an id", bool(self.publish(self.topic, b"{}", trigger_source="second-opinion")), True)
        expect("there is an id without data", bool(self.publish(self.topic, b"", only="attributes")), True)

    def misses(self) -> None:
        expect_error("a publication", NotFound, lambda: self.publish(self.missing, b"{}"))

    def refuses_empty(self) -> None:
        expect_error("a publication", InvalidArgument, lambda: self.publish(self.topic, b""))
