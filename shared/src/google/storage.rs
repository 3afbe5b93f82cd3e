//! Cloud Storage: create once, read one generation, replace the current one.
//!
//! A thin layer over Google's client that adds a time limit on every call, this crate's error type, and
//! preconditions with their outcome as a value instead of an error.

use std::{fmt, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, SecondsFormat, Utc};
use google_cloud_auth::credentials::anonymous;
use google_cloud_gax::retry_policy::NeverRetry;
use reqwest::Url;
use tokio::sync::OnceCell;

use crate::{
    Error,
    error::Detail,
    google::{GoogleCloud, credentials::Credentials, listing::Listing},
    gzip,
    nba::PollId,
    retry::{Budget, Failure, with_retries},
};

pub use super::listing::ListedObject;

const SERVICE: &str = "Cloud Storage";
/// How long a call is retried. All calls of an invocation together must end before its `INVOCATION_DEADLINE`.
const BUDGET: Budget =
    Budget { service: SERVICE, attempt: Duration::from_secs(15), total: Duration::from_secs(40) };

/// The largest object that is read; a raw snapshot of a night is about 155 KB.
pub const MAX_OBJECT_BYTES: usize = 32 * 1024 * 1024;

/// How often an object is written before giving up, because a concurrent writer was faster each time.
pub const WRITE_ATTEMPTS: usize = 8;

/// The custom metadata key under which a public document carries its version.
const VERSION: &str = "version";

/// Cloud Storage. The client is created at first use, so that startup needs no call. Cheap to clone.
#[derive(Clone)]
pub struct Storage {
    emulator: Option<Url>,
    credentials: Credentials,
    client: Arc<OnceCell<google_cloud_storage::client::Storage>>,
    listing: Arc<OnceCell<Listing>>,
}

/// The last known state of a public document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Current {
    /// Cloud Storage's generation of the object; 0 means that the object does not exist.
    pub generation: i64,
    /// Version of the document, if it carried one.
    pub version: Option<DateTime<Utc>>,
}

impl Current {
    /// The state of an object that does not exist.
    pub const NONE: Self = Self { generation: 0, version: None };
}

/// An object to write.
#[derive(Clone, Debug)]
pub struct Upload<'a> {
    bucket: &'a str,
    object: &'a str,
    content_type: &'static str,
    content_encoding: Option<&'static str>,
    cache_control: Option<&'static str>,
    version: Option<DateTime<Utc>>,
    body: Bytes,
}

impl<'a> Upload<'a> {
    /// A JSON object.
    pub fn json(bucket: &'a str, object: &'a str, body: Bytes) -> Self {
        let content_type = "application/json";
        Self {
            bucket,
            object,
            content_type,
            content_encoding: None,
            cache_control: None,
            version: None,
            body,
        }
    }

    /// Lines of JSON, as BigQuery loads them.
    pub fn json_lines(bucket: &'a str, object: &'a str, body: Bytes) -> Self {
        Self { content_type: "application/x-ndjson", ..Self::json(bucket, object, body) }
    }

    /// A JSON document for the front end, compressed with [`gzip`]: `cache_control` for caches,
    /// `version` to prevent an older version from replacing a newer one. Cloud Storage serves it compressed to whoever
    /// accepts gzip, and decompresses it for the rest (<https://cloud.google.com/storage/docs/transcoding>).
    pub fn public(
        bucket: &'a str,
        object: &'a str,
        gzipped: Bytes,
        cache_control: &'static str,
        version: DateTime<Utc>,
    ) -> Self {
        Self {
            cache_control: Some(cache_control),
            version: Some(version),
            content_encoding: Some("gzip"),
            ..Self::json(bucket, object, gzipped)
        }
    }
}

/// A stored object.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its generation and version.
    pub current: Current,
    /// Its content as it is stored.
    pub body: Bytes,
}

impl Stored {
    /// The content of a public document, decompressed. If its gzip is broken, it is what is stored: whoever parses that
    /// finds it unreadable.
    pub fn content(&self, object: &str) -> Bytes {
        gzip::content(self.body.clone(), MAX_OBJECT_BYTES).unwrap_or_else(|error| {
            tracing::error!(object, %error, "the public document cannot be decompressed; it is handled as unreadable");
            self.body.clone()
        })
    }
}

/// The `gs://bucket/object` name of an object, as Cloud Storage's tools and the exports' answers write it.
pub fn uri(bucket: &str, object: &str) -> String {
    format!("gs://{bucket}/{object}")
}

/// Result of a write under a precondition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is now generation `.0`.
    Yes(i64),
    /// The object is not in the state that was expected; nothing was written.
    PreconditionFailed,
}

impl Storage {
    /// The client of Cloud Storage at Google or, without credentials, at the emulator.
    pub fn new(google: &GoogleCloud) -> Self {
        Self {
            emulator: google.storage_emulator.clone(),
            credentials: google.credentials.clone(),
            client: Arc::default(),
            listing: Arc::default(),
        }
    }

    /// Writes an object that must not exist yet. This needs no permission to replace objects: where the
    /// caller may only create, Cloud Storage refuses an existing object with 403 instead of 412, and a look
    /// at the object tells which of the two it is.
    pub async fn create(&self, upload: Upload<'_>) -> Result<Written, Error> {
        self.write(&upload, Some(0)).await
    }

    /// Writes an object whether or not it exists.
    pub async fn replace(&self, upload: Upload<'_>) -> Result<(), Error> {
        self.write(&upload, None).await.map(drop)
    }

    /// Writes an object that must still be at `generation` (0: not exist).
    pub async fn write_over(&self, upload: Upload<'_>, generation: i64) -> Result<Written, Error> {
        self.write(&upload, Some(generation)).await
    }

    /// Reads a public document with its version; `None` where there is none.
    pub async fn read_public(&self, bucket: &str, object: &str) -> Result<Option<Stored>, Error> {
        let mut stored = self.read(bucket, object, None).await?;
        if let Some(stored) = &mut stored
            && stored.current.version.is_none()
        {
            stored.current.version = version_in(&stored.content(object));
        }
        Ok(stored)
    }

    /// Reads an object as it is stored, at `generation` or as it is now; `None` where there is none.
    pub async fn read(
        &self,
        bucket: &str,
        object: &str,
        generation: Option<i64>,
    ) -> Result<Option<Stored>, Error> {
        with_retries(BUDGET, || async {
            let Some(mut response) = self.open(bucket, object, generation).await? else {
                return Ok(None);
            };
            let highlights = response.object();
            let mut body = BytesMut::new();
            while let Some(chunk) = response.next().await {
                body.extend_from_slice(&chunk.map_err(|error| failure(bucket, object, error))?);
                if body.len() > MAX_OBJECT_BYTES {
                    return Err(Failure::Permanent(Error::permanent(format!(
                        "gs://{bucket}/{object} is larger than {MAX_OBJECT_BYTES} bytes"
                    ))));
                }
            }
            let current = Current { generation: highlights.generation, version: version_of(&highlights) };
            Ok(Some(Stored { current, body: body.freeze() }))
        })
        .await
    }

    /// The objects under `prefix`, ten thousand at the most.
    pub async fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<ListedObject>, Error> {
        let client = async || Listing::new(self.emulator.as_ref(), &self.credentials, BUDGET);
        self.listing.get_or_try_init(client).await?.list(bucket, prefix).await
    }

    async fn open(
        &self,
        bucket: &str,
        object: &str,
        generation: Option<i64>,
    ) -> Result<Option<google_cloud_storage::read_object::ReadObjectResponse>, Failure> {
        let mut request = self.client().await?.read_object(bucket_name(bucket), object);
        if let Some(generation) = generation {
            request = request.set_generation(generation);
        }
        match request.send().await {
            Ok(response) => Ok(Some(response)),
            Err(error) if error.http_status_code() == Some(404) => Ok(None),
            Err(error) => Err(failure(bucket, object, error)),
        }
    }

    async fn write(&self, upload: &Upload<'_>, if_generation: Option<i64>) -> Result<Written, Error> {
        let Upload { bucket, object, .. } = *upload;
        with_retries(BUDGET, || async {
            let mut request = self
                .client()
                .await?
                .write_object(bucket_name(bucket), object, upload.body.clone())
                .set_content_type(upload.content_type);
            if let Some(content_encoding) = upload.content_encoding {
                request = request.set_content_encoding(content_encoding);
            }
            if let Some(cache_control) = upload.cache_control {
                request = request.set_cache_control(cache_control);
            }
            if let Some(version) = upload.version {
                request = request.set_metadata([(VERSION, version_text(version))]);
            }
            if let Some(generation) = if_generation {
                request = request.set_if_generation_match(generation);
            }
            match request.send_buffered().await {
                Ok(written) => Ok(Written::Yes(written.generation)),
                Err(error) if error.http_status_code() == Some(412) && if_generation.is_some() => {
                    Ok(Written::PreconditionFailed)
                }
                Err(error)
                    if error.http_status_code() == Some(403)
                        && if_generation == Some(0)
                        && self.open(bucket, object, None).await?.is_some() =>
                {
                    Ok(Written::PreconditionFailed)
                }
                Err(error) => Err(failure(bucket, object, error)),
            }
        })
        .await
    }

    async fn client(&self) -> Result<&google_cloud_storage::client::Storage, Failure> {
        let build = || async {
            // Retries are done here, because each attempt needs a time limit and the client sets none.
            let builder = google_cloud_storage::client::Storage::builder().with_retry_policy(NeverRetry);
            match &self.emulator {
                Some(emulator) => {
                    builder
                        .with_endpoint(emulator.as_str().trim_end_matches('/'))
                        .with_credentials(anonymous::Builder::new().build())
                        .build()
                        .await
                }
                None => builder.with_credentials(self.credentials.for_client()).build().await,
            }
        };
        self.client.get_or_try_init(|| Box::pin(build())).await.map_err(|error| {
            Failure::Permanent(Error::internal(Detail::of(
                format!("{SERVICE}: the client could not be created"),
                error,
            )))
        })
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Storage").field("emulator", &self.emulator).finish_non_exhaustive()
    }
}

fn bucket_name(bucket: &str) -> String {
    format!("projects/_/buckets/{bucket}")
}

fn version_text(version: DateTime<Utc>) -> String {
    version.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The version in an object's metadata.
fn version_of(object: &google_cloud_storage::model_ext::ObjectHighlights) -> Option<DateTime<Utc>> {
    let version = DateTime::parse_from_rfc3339(object.metadata.get(VERSION)?);
    version.ok().map(|version| version.to_utc())
}

/// The version inside a document that has none in its metadata: Cloud Storage does not promise custom
/// metadata on reads through its JSON API.
fn version_in(document: &[u8]) -> Option<DateTime<Utc>> {
    #[derive(serde::Deserialize)]
    struct Versioned {
        poll_id: Option<PollId>,
        generated_at: Option<DateTime<Utc>>,
        updated_at: Option<DateTime<Utc>>,
    }
    let versioned: Versioned = serde_json::from_slice(document).ok()?;
    versioned.poll_id.map(PollId::instant).or(versioned.generated_at).or(versioned.updated_at)
}

fn failure(bucket: &str, object: &str, error: google_cloud_storage::Error) -> Failure {
    let object = format!("gs://{bucket}/{object}");
    match error.http_status_code() {
        // 412 arrives here only where no precondition was set.
        Some(429 | 408 | 412 | 500..=599) | None => {
            Failure::retryable(Error::transient(SERVICE, Detail::of(object, error)))
        }
        Some(_) => Failure::Permanent(Error::internal(Detail::of(format!("{SERVICE}: {object}"), error))),
    }
}
