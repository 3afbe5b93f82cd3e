//! A public document: an object of the public bucket and, where it has one, its copy under a fixed name.
//!
//! The state of both objects is read once, then remembered, and both are replaced only at the remembered
//! generation. Of two concurrent writers one wins; the other builds its document again on the winner's, unless
//! the winner's version is later. So a document is never replaced by an older one.

use std::{
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};

use super::DatedDocument;
use crate::{
    Error,
    error::Detail,
    google::storage::{Current, Storage, Stored, Upload, WRITE_ATTEMPTS, Written, uri},
    gzip, json,
    nba::SlateDay,
};

/// The content of a public document.
pub trait Document: Serialize + Sized {
    /// Name for log and error messages.
    const NAME: &'static str;

    /// Approximate size of the JSON, to allocate the body once.
    fn expected_bytes(&self) -> usize;

    /// The `Cache-Control` header under which browsers and caches keep the objects.
    fn cache_control(&self) -> &'static str;

    /// The same content as of another `version`. A document that has this is not written again where only its
    /// version would change.
    fn restamped(&self, _version: DateTime<Utc>) -> Option<Self> {
        None
    }

    /// The body of the public object, before it is compressed.
    fn json(&self) -> Result<Bytes, Error> {
        json::body(Self::NAME, self, self.expected_bytes())
    }
}

/// The objects of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The object that the document is built on.
    pub object: String,
    /// The object with the same content that front ends read; until its first write of a day it has the
    /// content of an earlier one.
    pub copy: Option<&'static str>,
}

impl Target {
    /// One object.
    pub fn single(object: &str) -> Self {
        Self { object: object.to_owned(), copy: None }
    }

    /// The object of a day, with the latest one as its copy where the day is the current one.
    ///
    /// ```
    /// use shared::documents::{DatedDocument, Target};
    ///
    /// let target = Target::dated(DatedDocument::Live, "2026-01-09".parse()?, true);
    /// assert_eq!(target.object, "v1/live/2026-01-09.json");
    /// assert_eq!(target.copy, Some("v1/live/latest.json"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dated(document: DatedDocument, day: SlateDay, is_latest: bool) -> Self {
        Self { object: document.object(day), copy: is_latest.then(|| document.latest()) }
    }
}

/// The public state of a document.
#[derive(Debug)]
pub struct Known<T> {
    target: Target,
    object: Current,
    copy: Current,
    content: Content<T>,
    /// The content of the copy where it is of another version than the object.
    copied: Content<T>,
}

#[derive(Debug)]
enum Content<T> {
    Missing,
    /// Read from the bucket; decompressed and parsed at first use. `None` inside where it cannot be parsed.
    Stored(Arc<(Stored, OnceLock<Option<Arc<T>>>)>),
    Written(Arc<T>),
}

impl<T> Clone for Content<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Missing => Self::Missing,
            Self::Stored(stored) => Self::Stored(stored.clone()),
            Self::Written(document) => Self::Written(document.clone()),
        }
    }
}

impl<T> Clone for Known<T> {
    fn clone(&self) -> Self {
        let Self { object, copy, .. } = *self;
        let (content, copied) = (self.content.clone(), self.copied.clone());
        Self { target: self.target.clone(), object, copy, content, copied }
    }
}

impl<T> Known<T> {
    /// Whether the public document is of a later version.
    pub fn is_newer_than(&self, version: DateTime<Utc>) -> bool {
        self.object.version > Some(version)
    }

    /// The version of the public document; `None` where there is none.
    pub fn version(&self) -> Option<DateTime<Utc>> {
        self.object.version
    }

    /// Whether there is a document.
    pub fn exists(&self) -> bool {
        !matches!(self.content, Content::Missing)
    }
}

impl<T: Document> Known<T> {
    /// Whether both objects have the content of `document`, of whichever version.
    fn has_content_of(&self, document: &T) -> Result<bool, Error> {
        let is_same_version = self.target.copy.is_none() || self.copy.version == self.object.version;
        let restamped = self.object.version.filter(|_| is_same_version).and_then(|it| document.restamped(it));
        let Some(restamped) = restamped else { return Ok(false) };
        let body = match &self.content {
            Content::Missing => return Ok(false),
            Content::Stored(stored) => stored.0.content(&self.target.object),
            Content::Written(written) => written.json()?,
        };
        Ok(restamped.json()? == body)
    }
}

impl<T: DeserializeOwned> Known<T> {
    /// The document; `None` where there is none or it cannot be read, so that it has to be rebuilt.
    pub fn document(&self) -> Option<Arc<T>> {
        self.content.document(&self.target.object)
    }

    /// The documents in the object and in the copy that are `wanted`, the newest first: two where only one of the
    /// objects could be written, so that each may have what the other lacks.
    pub fn versions(&self, wanted: impl Fn(&T) -> bool) -> Vec<Arc<T>> {
        let mut both = [(self.object.version, self.document()), (self.copy.version, self.differing_copy())];
        both.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
        both.into_iter().filter_map(|(_, document)| document.filter(|document| wanted(document))).collect()
    }

    /// The document in the copy where that is of another version: of an earlier day, or of a poll of which only
    /// one of the two objects could be written.
    pub fn differing_copy(&self) -> Option<Arc<T>> {
        self.copied.document(self.target.copy.unwrap_or_default())
    }
}

impl<T: DeserializeOwned> Content<T> {
    fn document(&self, object: &str) -> Option<Arc<T>> {
        match self {
            Self::Missing => None,
            Self::Written(document) => Some(document.clone()),
            Self::Stored(stored) => {
                let (stored, parsed) = &**stored;
                let parse = || {
                    let document = serde_json::from_slice(&stored.content(object)).inspect_err(|error| {
                        tracing::error!(object, %error, "the public document cannot be read; it is replaced");
                    });
                    document.ok().map(Arc::new)
                };
                parsed.get_or_init(parse).clone()
            }
        }
    }
}

/// A document that has been written.
#[derive(Clone, Debug)]
pub struct Published<T> {
    /// The document.
    pub document: Arc<T>,
    /// URI of its object.
    pub object: String,
    /// URI of the copy; `None` where the target has none, or where the copy is of a later version.
    pub copy: Option<String>,
}

/// A public document, and its state as this process knows it. Clones share it.
///
/// ```no_run
/// # use shared::{Clock, Error, documents::{Document, PublicDocument, Target}, google::storage::Storage};
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Count(u32);
///
/// impl Document for Count {
///     const NAME: &'static str = "the count";
///     fn expected_bytes(&self) -> usize {
///         16
///     }
///     fn cache_control(&self) -> &'static str {
///         "public, max-age=30"
///     }
/// }
///
/// # async fn count(storage: &Storage, clock: &Clock) -> Result<(), Error> {
/// let counts: PublicDocument<Count> = PublicDocument::new(storage, "my-public-bucket");
/// let known = counts.known(&Target::single("v1/count.json")).await?;
/// counts
///     .update(known, clock.now(), async |known| {
///         Ok(Count(known.document().map_or(1, |count| count.0 + 1)))
///     })
///     .await?;
/// # Ok(())
/// # }
/// ```
pub struct PublicDocument<T> {
    storage: Storage,
    bucket: String,
    remembered: Arc<Mutex<Option<Known<T>>>>,
    /// Held while the bucket is read, so that concurrent callers read once.
    reading: Arc<tokio::sync::Mutex<()>>,
}

impl<T> Clone for PublicDocument<T> {
    fn clone(&self) -> Self {
        Self {
            storage: self.storage.clone(),
            bucket: self.bucket.clone(),
            remembered: self.remembered.clone(),
            reading: self.reading.clone(),
        }
    }
}

impl<T> fmt::Debug for PublicDocument<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicDocument").field("bucket", &self.bucket).finish_non_exhaustive()
    }
}

impl<T> PublicDocument<T> {
    /// Starts with nothing remembered.
    pub fn new(storage: &Storage, bucket: &str) -> Self {
        Self {
            storage: storage.clone(),
            bucket: bucket.to_owned(),
            remembered: Arc::default(),
            reading: Arc::default(),
        }
    }

    /// The state after this process's last read or write, of whichever target.
    pub fn remembered(&self) -> Option<Known<T>> {
        self.memory().clone()
    }

    /// The public state: from memory, else from the bucket.
    pub async fn known(&self, target: &Target) -> Result<Known<T>, Error> {
        let _one_at_a_time = self.reading.lock().await;
        match self.remembered().filter(|known| known.target == *target) {
            Some(known) => Ok(known),
            None => self.read(target).await,
        }
    }

    /// The public state from the bucket, because another writer has changed it.
    pub async fn read(&self, target: &Target) -> Result<Known<T>, Error> {
        let copy = async {
            match target.copy {
                Some(copy) => self.storage.read_public(&self.bucket, copy).await,
                None => Ok(None),
            }
        };
        let (object, copy) = tokio::try_join!(self.storage.read_public(&self.bucket, &target.object), copy)?;
        let state = |stored: &Option<Stored>| stored.as_ref().map_or(Current::NONE, |stored| stored.current);
        let (object_state, copy_state) = (state(&object), state(&copy));
        let content = |stored: Option<Stored>| match stored {
            None => Content::Missing,
            Some(stored) => Content::Stored(Arc::new((stored, OnceLock::new()))),
        };
        let differing = copy.filter(|_| copy_state.version != object_state.version);
        let known = Known {
            target: target.clone(),
            object: object_state,
            copy: copy_state,
            content: content(object),
            copied: content(differing),
        };
        *self.memory() = Some(known.clone());
        Ok(known)
    }

    fn memory(&self) -> MutexGuard<'_, Option<Known<T>>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Document> PublicDocument<T> {
    /// Publishes what `build` makes of the public state, `known` at first. Where a concurrent writer wins, it
    /// is built again on the new state. `None` where a later version is public; then nothing is written, and
    /// neither where the same content is public ([`Document::restamped`]).
    pub async fn update<F>(
        &self,
        mut known: Known<T>,
        version: DateTime<Utc>,
        mut build: impl FnMut(Known<T>) -> F,
    ) -> Result<Option<Published<T>>, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        for _ in 0..WRITE_ATTEMPTS {
            if known.is_newer_than(version) {
                return Ok(None);
            }
            let document = Arc::new(build(known.clone()).await?);
            if known.has_content_of(&*document)? {
                tracing::info!(
                    object = known.target.object,
                    "the public document is unchanged; it is not written"
                );
                return Ok(Some(self.published(&known.target, known.target.copy, document)));
            }
            match self.write(&known, version, document).await? {
                Some(published) => return Ok(Some(published)),
                None => known = self.read(&known.target).await?,
            }
        }
        Err(self.changed_each_time(&known.target))
    }

    /// Writes the `document` to both objects at once, if they are still in the `known` state; `None` where
    /// either is not.
    pub async fn write(
        &self,
        known: &Known<T>,
        version: DateTime<Utc>,
        document: Arc<T>,
    ) -> Result<Option<Published<T>>, Error> {
        let body = gzip::compressed(&document.json()?).map_err(|error| {
            Error::internal(Detail::of(format!("{} could not be compressed", T::NAME), error))
        })?;
        let cache_control = document.cache_control();
        let Known { target, .. } = known;
        let copy = target.copy.filter(|copy| {
            let is_later = known.copy.version > Some(version);
            if is_later {
                tracing::warn!(object = copy, version = ?known.copy.version, "the public copy is of a later version; it is not replaced");
            }
            !is_later
        });
        let write = |object, current: Current| {
            let upload = Upload::public(&self.bucket, object, body.clone(), cache_control, version);
            self.storage.write_over(upload, current.generation)
        };
        let write_copy = async {
            match copy {
                Some(copy) => write(copy, known.copy).await.map(Some),
                None => Ok(None),
            }
        };
        // Both are awaited, so that none is under way when the caller tries again.
        let (object, copied) = tokio::join!(write(&target.object, known.object), write_copy);
        if object.is_err() || copied.is_err() {
            // What is public after a failed write is unknown.
            *self.memory() = None;
        }
        let (Written::Yes(object), copied @ (None | Some(Written::Yes(_)))) = (object?, copied?) else {
            return Ok(None);
        };
        let state = |generation| Current { generation, version: Some(version) };
        let copied = match copied {
            Some(Written::Yes(generation)) => state(generation),
            _ => known.copy,
        };
        *self.memory() = Some(Known {
            target: target.clone(),
            object: state(object),
            copy: copied,
            content: Content::Written(document.clone()),
            copied: Content::Missing,
        });
        Ok(Some(self.published(target, copy, document)))
    }

    fn published(&self, target: &Target, copy: Option<&str>, document: Arc<T>) -> Published<T> {
        let copy = copy.map(|copy| uri(&self.bucket, copy));
        Published { document, object: uri(&self.bucket, &target.object), copy }
    }

    /// The error where another writer was faster at every attempt.
    pub fn changed_each_time(&self, target: &Target) -> Error {
        let object = &target.object;
        Error::transient(
            "Cloud Storage",
            format!("a concurrent writer changed {object} before each of {WRITE_ATTEMPTS} writes"),
        )
    }
}
