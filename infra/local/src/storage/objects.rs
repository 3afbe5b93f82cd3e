//! Buckets and objects in a plain directory: `{bucket}/{object}` contains the bytes,
//! `.metadata/{bucket}/{object}.json` Cloud Storage's metadata.

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use shared::gzip;

use crate::limits::Limits;

/// The JSON API's object resource; also the data of its finalized event.
/// <https://cloud.google.com/storage/docs/json_api/v1/objects#resource>
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "each field is the API's of that name")]
pub struct Object {
    pub kind: String,
    pub id: String,
    pub bucket: String,
    pub name: String,
    #[serde(with = "as_text")]
    pub generation: i64,
    #[serde(with = "as_text")]
    pub metageneration: i64,
    #[serde(with = "as_text")]
    pub size: i64,
    pub content_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    pub crc32c: String,
    pub etag: String,
    pub storage_class: String,
    pub time_created: DateTime<Utc>,
    pub updated: DateTime<Utc>,
}

/// The API writes 64-bit numbers as text.
mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(number: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// The uploader's metadata of an object.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Described {
    pub name: Option<String>,
    pub content_type: Option<String>,
    pub content_encoding: Option<String>,
    pub cache_control: Option<String>,
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    pub crc32c: Option<String>,
}

/// The precondition of a write.
#[derive(Clone, Copy, Debug)]
pub(super) struct Condition {
    /// The object's current generation; 0 requires that it does not exist, `None` requires nothing.
    pub generation: Option<i64>,
    /// Whether the caller may replace an object, which requires the permission to delete it.
    pub may_replace: bool,
}

/// Why a call was refused, as an HTTP status and a message.
#[derive(Debug, thiserror::Error)]
#[error("{1}")]
pub struct Refused(pub u16, pub String);

/// The notification of a new object, with its content at that time.
#[derive(Clone, Debug)]
pub struct Finalized {
    /// The object.
    pub object: Object,
    /// Its content as it is stored.
    pub stored: Bytes,
}

impl Finalized {
    /// Its content, decompressed.
    pub fn content(&self) -> Bytes {
        self.object.content_of(self.stored.clone()).unwrap_or_else(|_| self.stored.clone())
    }
}

impl Object {
    /// Whether Cloud Storage decompresses the object for callers that do not accept gzip.
    pub(super) fn is_gzip(&self) -> bool {
        self.content_encoding.as_deref() == Some("gzip")
    }

    /// The content of a stored body.
    pub(super) fn content_of(&self, stored: Bytes) -> Result<Bytes, Refused> {
        if !self.is_gzip() {
            return Ok(stored);
        }
        gzip::content(stored, MAX_CONTENT)
            .map_err(|error| Refused(500, format!("{} is no gzip: {error}", self.name)))
    }
}

/// All buckets.
#[derive(Debug)]
pub struct Objects {
    root: PathBuf,
    clock: shared::Clock,
    limits: Limits,
    /// Held during a whole write, so that writes are atomic and generations grow.
    state: Mutex<State>,
}

/// A subscriber to new objects.
struct Listener(Box<dyn Fn(&Finalized) + Send + Sync>);

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listener")
    }
}

#[derive(Debug)]
struct State {
    objects: HashMap<String, BTreeMap<String, Object>>,
    newest_generation: i64,
    /// The last write of each object, by the machine's clock.
    written: HashMap<(String, String), Instant>,
    listeners: Vec<Listener>,
}

const METADATA: &str = ".metadata";
/// The maximum size of a decompressed object.
const MAX_CONTENT: usize = 256 * 1024 * 1024;

impl Objects {
    /// The buckets in `root`; those of `buckets` that do not exist are created.
    pub fn open(root: &Path, buckets: &[&str], clock: shared::Clock, limits: Limits) -> io::Result<Self> {
        let mut objects = HashMap::new();
        let mut newest_generation = 0;
        for bucket in buckets {
            fs::create_dir_all(root.join(bucket))?;
            let metadata = root.join(METADATA).join(bucket);
            fs::create_dir_all(&metadata)?;
            let mut known = BTreeMap::new();
            for file in files_below(&metadata)? {
                let object: Object = serde_json::from_slice(&fs::read(&file)?)?;
                newest_generation = newest_generation.max(object.generation);
                known.insert(object.name.clone(), object);
            }
            objects.insert((*bucket).to_owned(), known);
        }
        let state = State { objects, newest_generation, written: HashMap::new(), listeners: Vec::new() };
        Ok(Self { root: root.to_owned(), clock, limits, state: Mutex::new(state) })
    }

    /// Notifies `listener` of every object that is written from now on, in order, before its writer gets an
    /// answer. The listener must not call the buckets itself.
    pub fn on_finalized(&self, listener: impl Fn(&Finalized) + Send + Sync + 'static) {
        self.state().listeners.push(Listener(Box::new(listener)));
    }

    /// The current time of the clock.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Whether the bucket exists.
    pub(super) fn has_bucket(&self, bucket: &str) -> bool {
        self.state().objects.contains_key(bucket)
    }

    /// The objects of a bucket whose names begin with `prefix`, by name.
    pub fn list(&self, bucket: &str, prefix: &str) -> Vec<Object> {
        let state = self.state();
        let objects = state.objects.get(bucket).into_iter().flat_map(BTreeMap::values);
        objects.filter(|object| object.name.starts_with(prefix)).cloned().collect()
    }

    /// An object and its content, decompressed; of the generation `generation`, if given.
    pub fn read(
        &self,
        bucket: &str,
        name: &str,
        generation: Option<i64>,
    ) -> Result<(Object, Bytes), Refused> {
        let (object, body) = self.read_stored(bucket, name, generation)?;
        let content = object.content_of(body)?;
        Ok((object, content))
    }

    /// The same with the content as it is stored.
    pub(super) fn read_stored(
        &self,
        bucket: &str,
        name: &str,
        generation: Option<i64>,
    ) -> Result<(Object, Bytes), Refused> {
        let state = self.state();
        let object = state
            .objects
            .get(bucket)
            .and_then(|objects| objects.get(name))
            .filter(|object| generation.is_none_or(|generation| generation == object.generation))
            .ok_or_else(|| Refused(404, format!("No such object: {bucket}/{name}")))?;
        let body = fs::read(self.root.join(bucket).join(path_of(name))).map_err(disk)?;
        Ok((object.clone(), body.into()))
    }

    /// Removes an object, like a lifecycle rule.
    pub fn remove(&self, bucket: &str, name: &str) {
        if let Some(objects) = self.state().objects.get_mut(bucket) {
            objects.remove(name);
        }
    }

    /// Writes an object as a caller other than the functions.
    pub fn store(&self, bucket: &str, name: &str, body: Bytes) -> Result<Object, Refused> {
        let described = Described { content_type: Some("application/json".into()), ..Default::default() };
        self.write(bucket, name, described, body, Condition { generation: None, may_replace: true })
    }

    /// Writes an object with its uploader's metadata, if the precondition holds.
    pub(super) fn write(
        &self,
        bucket: &str,
        name: &str,
        described: Described,
        body: Bytes,
        condition: Condition,
    ) -> Result<Object, Refused> {
        let crc32c = BASE64_STANDARD.encode(crc32c::crc32c(&body).to_be_bytes());
        if let Some(expected) = described.crc32c.filter(|expected| *expected != crc32c) {
            return Err(Refused(
                400,
                format!("Provided CRC32C {expected:?} doesn't match calculated {crc32c:?}"),
            ));
        }
        let mut state = self.state();
        let objects =
            state.objects.get(bucket).ok_or_else(|| Refused(404, format!("No such bucket: {bucket}")))?;
        let current = objects.get(name);
        let generation = current.map_or(0, |object| object.generation);
        if generation != 0 && !condition.may_replace {
            let message = format!("Permission 'storage.objects.delete' denied on resource {bucket}/{name}.");
            return Err(Refused(403, message));
        }
        if condition.generation.is_some_and(|expected| expected != generation) {
            let message = "At least one of the pre-conditions you specified did not hold.";
            return Err(Refused(412, message.into()));
        }
        let key = (bucket.to_owned(), name.to_owned());
        let interval = self.limits.get().object_write_interval;
        if state.written.get(&key).is_some_and(|written| written.elapsed() < interval) {
            let message = format!(
                "The object {bucket}/{name} exceeded the rate limit for object mutation operations (create, \
                 update, and delete). Please reduce your request rate."
            );
            return Err(Refused(429, message));
        }
        let now = self.clock.now();
        let generation = now.timestamp_micros().max(state.newest_generation + 1);
        let object = Object {
            kind: "storage#object".into(),
            id: format!("{bucket}/{name}/{generation}"),
            bucket: bucket.into(),
            name: name.into(),
            generation,
            metageneration: 1,
            size: i64::try_from(body.len()).unwrap_or(i64::MAX),
            content_type: described.content_type.unwrap_or_else(|| "application/octet-stream".into()),
            content_encoding: described.content_encoding,
            cache_control: described.cache_control,
            metadata: described.metadata,
            etag: BASE64_STANDARD.encode(generation.to_be_bytes()),
            crc32c,
            storage_class: "STANDARD".into(),
            time_created: now,
            updated: now,
        };
        let path = path_of(name);
        put(&self.root.join(bucket).join(&path), &body).map_err(disk)?;
        let metadata = serde_json::to_vec_pretty(&object).map_err(|error| disk(error.into()))?;
        put(&self.root.join(METADATA).join(bucket).join(path).with_added_extension("json"), &metadata)
            .map_err(disk)?;
        state.newest_generation = generation;
        state.written.insert(key, Instant::now());
        state.objects.entry(bucket.into()).or_default().insert(name.into(), object.clone());
        let news = Finalized { object: object.clone(), stored: body };
        state.listeners.iter().for_each(|listener| listener.0(&news));
        Ok(object)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn disk(error: io::Error) -> Refused {
    Refused(500, format!("the local disk: {error}"))
}

/// The path of an object's bytes below its bucket: its name, with characters escaped that a path cannot
/// contain.
fn path_of(name: &str) -> PathBuf {
    name.split('/')
        .map(|segment| match segment {
            "" | "." | ".." => format!("%{segment}"),
            segment => segment.replace('%', "%25").replace(['\\', '\0'], "%5C"),
        })
        .collect()
}

/// Writes a file atomically.
fn put(path: &Path, body: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let draft = path.with_added_extension("draft");
    fs::write(&draft, body)?;
    fs::rename(draft, path)
}

fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_s_name_cannot_leave_its_bucket() {
        for name in ["../x", "/etc/passwd", "a/../../b", "./.", "a//b", "..\\x"] {
            let path = path_of(name);
            assert!(path.is_relative(), "{name}");
            assert!(
                path.components().all(|part| matches!(part, std::path::Component::Normal(_))),
                "{name} {path:?}"
            );
        }
    }
}
