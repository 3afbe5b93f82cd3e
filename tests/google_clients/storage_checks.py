"""Cloud Storage: objects that are written under preconditions, read, described and listed."""

import base64
from collections.abc import Callable, Iterator

import google_crc32c
from checking import expect, expect_error
from google.api_core.exceptions import NotFound, PreconditionFailed
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

KIND = "application/json"
CACHE_CONTROL = "public, max-age=30"
METADATA = {"poll-id": "20260110T003000Z", "rows": "21"}
FIRST, SECOND = b'{"written": "first"}', b'{"written": "second, which is longer"}'


def checks(settings) -> Iterator[tuple[str, Callable[[], None]]]:
    client = storage.Client(
        project=settings.project,
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": settings.endpoint},
    )
    it = Storage(client, settings.raw_bucket, f"second-opinion/{settings.run}")
    yield "an upload creates an object where there is none, and only there", it.creates
    yield "an upload over the current generation raises it", it.replaces
    yield "an upload over another generation is refused and changes nothing", it.keeps
    yield "the content of an object is downloaded, by name and by generation", it.downloads
    yield "an object is described as it was uploaded", it.describes
    yield "a list has every object under a prefix, in order, page by page", it.lists
    yield "a list ends after so many objects", it.lists_some
    yield "an object that is missing is not found", it.misses
    yield "a bucket that is missing is not found", it.misses_bucket


class Storage:
    def __init__(self, client: storage.Client, bucket: str, prefix: str) -> None:
        self.client, self.bucket, self.prefix = client, client.bucket(bucket), prefix

    def blob(self, name: str) -> storage.Blob:
        return self.bucket.blob(f"{self.prefix}/{name}")

    def upload(self, name: str, content: bytes, generation: int) -> storage.Blob:
        blob = self.blob(name)
        blob.cache_control, blob.metadata = CACHE_CONTROL, METADATA
        blob.upload_from_string(content, content_type=KIND, if_generation_match=generation)
        return blob

    def creates(self) -> None:
        created = self.upload("created.json", FIRST, 0)
        expect("the generation is above 0", created.generation > 0, True)
        expect_error("a second upload", PreconditionFailed, lambda: self.upload("created.json", SECOND, 0))
        expect("the content after it", self.blob("created.json").download_as_bytes(), FIRST)

    def replaces(self) -> None:
        first = self.upload("replaced.json", FIRST, 0)
        second = self.upload("replaced.json", SECOND, first.generation)
        expect("the generation is higher", second.generation > first.generation, True)
        expect("the content", self.blob("replaced.json").download_as_bytes(), SECOND)

    def keeps(self) -> None:
        first = self.upload("kept.json", FIRST, 0)
        for generation in (first.generation - 1, first.generation + 1):
            upload = lambda: self.upload("kept.json", SECOND, generation)
            expect_error("an upload over another generation", PreconditionFailed, upload)
        kept = self.bucket.get_blob(first.name)
        expect("the generation", kept and kept.generation, first.generation)
        missing = lambda: self.upload("never.json", FIRST, first.generation)
        expect_error("an upload over an object that is missing", PreconditionFailed, missing)

    def downloads(self) -> None:
        first = self.upload("read.json", FIRST, 0)
        by_generation = self.bucket.blob(first.name, generation=first.generation)
        expect("the content by generation", by_generation.download_as_bytes(), FIRST)
        second = self.upload("read.json", SECOND, first.generation)
        by_name = self.blob("read.json")
        expect("the content by name", by_name.download_as_bytes(), SECOND)
        # The client takes these from the headers of a download.
        expect("the generation of a download", by_name.generation, second.generation)
        expect("the cache control of a download", by_name.cache_control, CACHE_CONTROL)
        expect("the content type of a download", by_name.content_type, KIND)
        # The bucket keeps no versions.
        expect_error("a generation that was replaced", NotFound, by_generation.download_as_bytes)

    def describes(self) -> None:
        uploaded = self.upload("described.json", FIRST, 0)
        described = self.blob("described.json")
        described.reload()
        expect("the name", described.name, f"{self.prefix}/described.json")
        expect("the metadata", described.metadata, METADATA)
        expect("the cache control", described.cache_control, CACHE_CONTROL)
        expect("the content type", described.content_type, KIND)
        expect("the generation", described.generation, uploaded.generation)
        expect("the metageneration", described.metageneration, 1)
        expect("the size", described.size, len(FIRST))
        checksum = base64.b64encode(google_crc32c.Checksum(FIRST).digest()).decode()
        expect("the crc32c", described.crc32c, checksum)
        expect("it is created and updated, in this order", described.time_created <= described.updated, True)
        expect("the download after it", described.download_as_bytes(), FIRST)
        other = self.bucket.blob(described.name, generation=described.generation - 1)
        expect_error("another generation", NotFound, other.reload)

    def listed(self) -> list[str]:
        names = [f"{self.prefix}/listed/{number}.json" for number in range(5)]
        for name in [*names, f"{self.prefix}/listed-not.json"]:
            self.bucket.blob(name).upload_from_string(FIRST, content_type=KIND)
        return names

    def lists(self) -> None:
        names = self.listed()
        listing = self.client.list_blobs(self.bucket, prefix=f"{self.prefix}/listed/", page_size=2)
        pages = [[(blob.name, blob.size) for blob in page] for page in listing.pages]
        expect("the objects", [it for page in pages for it in page], [(name, len(FIRST)) for name in names])
        expect("the objects on each page", [len(page) for page in pages], [2, 2, 1])
        for_none = self.client.list_blobs(self.bucket, prefix=f"{self.prefix}/nothing/")
        expect("the objects under a prefix of none", list(for_none), [])

    def lists_some(self) -> None:
        names = self.listed()
        listing = self.client.list_blobs(self.bucket, prefix=f"{self.prefix}/listed/", max_results=3)
        expect("the objects", [blob.name for blob in listing], names[:3])

    def misses(self) -> None:
        missing = self.blob("missing.json")
        expect_error("a download", NotFound, missing.download_as_bytes)
        expect_error("a description", NotFound, missing.reload)
        expect("whether it exists", missing.exists(), False)

    def misses_bucket(self) -> None:
        bucket = self.client.bucket(f"no-bucket-{self.prefix.split('/')[-1]}")
        upload = lambda: bucket.blob("a.json").upload_from_string(FIRST, content_type=KIND)
        expect_error("an upload", NotFound, upload)
        expect_error("a list", NotFound, lambda: list(self.client.list_blobs(bucket)))
