//! The API methods: upload, media read, and the public URL.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Extension, Path, Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Serialize;
use tower_http::cors::CorsLayer;

use super::{
    multipart,
    objects::{Condition, Described, Object, Objects, Refused},
};
use crate::{
    api_error_with_reason,
    identity::{Caller, Denied, Resource},
    limits::Limits,
};

/// The maximum size of one upload; the client sends larger objects by resumable uploads, which are not
/// supported here.
const MAX_UPLOAD_BYTES: usize = 64 * 1024 * 1024;

const HTTP_DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

#[derive(Clone)]
struct Api {
    objects: Arc<Objects>,
    limits: Limits,
    public_bucket: Arc<str>,
}

/// The JSON API below `/storage` and `/upload/storage`, and the public `/{bucket}/{object}`.
pub fn router(objects: Arc<Objects>, limits: Limits, public_bucket: &str) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(tower_http::cors::Any)
        .allow_methods([Method::GET, Method::HEAD])
        .expose_headers([header::CONTENT_TYPE, header::CACHE_CONTROL])
        .max_age(std::time::Duration::from_secs(3600));
    Router::new()
        .route("/upload/storage/v1/b/{bucket}/o", post(upload))
        .layer(DefaultBodyLimit::max(MAX_UPLOAD_BYTES))
        .route("/storage/v1/b/{bucket}/o", get(list))
        .route("/storage/v1/b/{bucket}/o/{*object}", get(read))
        .route("/download/storage/v1/b/{bucket}/o/{*object}", get(read))
        .merge(
            Router::new()
                .route("/{bucket}/{*object}", get(read_public).fallback(unknown_call))
                .route("/v1/{*object}", get(read_beside))
                .layer(cors),
        )
        .with_state(Api { objects, limits, public_bucket: public_bucket.into() })
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let reason = match self.0 {
            403 => "forbidden",
            404 => "notFound",
            412 => "conditionNotMet",
            429 => "rateLimitExceeded",
            _ => "error",
        };
        api_error_with_reason(self.0, reason, &self.1)
    }
}

impl From<Denied> for Refused {
    fn from(denied: Denied) -> Self {
        Self(403, denied.to_string())
    }
}

fn object_of(bucket: &str, name: &str) -> Resource {
    Resource::Object { bucket: bucket.to_owned(), name: name.to_owned() }
}

type Parameters = Query<HashMap<String, String>>;

async fn upload(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path(bucket): Path<String>,
    Query(parameters): Parameters,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Object>, Refused> {
    let mut if_generation = None;
    let mut name = None;
    for (parameter, value) in &parameters {
        match (parameter.as_str(), value.as_str()) {
            ("uploadType", "multipart") | ("prettyPrint", _) => {}
            ("name", value) => name = Some(value.to_owned()),
            ("ifGenerationMatch", value) => if_generation = Some(integer(parameter, value)?),
            (parameter, value) => return Err(not_served("upload", parameter, value)),
        }
    }
    let content_type = text(&headers, header::CONTENT_TYPE).unwrap_or_default();
    let parts = multipart::parts(content_type, &body).map_err(|reason| Refused(400, reason))?;
    let (metadata, media, checksums) = match parts[..] {
        [metadata, media] => (metadata, media, None),
        [metadata, media, checksums] => (metadata, media, Some(checksums)),
        _ => return Err(Refused(400, format!("expected two or three parts, not {}", parts.len()))),
    };
    let described = |json: &[u8]| {
        serde_json::from_slice::<Described>(json).map_err(|error| Refused(400, format!("metadata: {error}")))
    };
    let mut object = described(metadata.content)?;
    if let Some(checksums) = checksums {
        object.crc32c = described(checksums.content)?.crc32c.or(object.crc32c);
    }
    object.content_type = object.content_type.or_else(|| media.content_type.map(str::to_owned));
    let name = name.or_else(|| object.name.take()).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Refused(400, "the object has no name".into()))?;
    caller.check("storage.objects.create", object_of(&bucket, &name))?;
    let may_replace = caller.may("storage.objects.delete", &object_of(&bucket, &name));
    let condition = Condition { generation: if_generation, may_replace };
    let media = body.slice_ref(media.content);
    blocking(move || api.objects.write(&bucket, &name, object, media, condition)).await.map(Json)
}

/// The objects under a prefix, by name, in pages.
async fn list(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path(bucket): Path<String>,
    Query(parameters): Parameters,
) -> Result<Json<Listed>, Refused> {
    caller.check("storage.objects.list", Resource::Bucket(bucket.clone()))?;
    let (mut prefix, mut from) = (String::new(), String::new());
    let mut most = api.limits.get().objects_a_page;
    for (parameter, value) in parameters {
        match (parameter.as_str(), value.as_str()) {
            ("prefix", _) => prefix = value,
            ("pageToken", _) => from = value,
            ("maxResults", _) => {
                most = most.min(usize::try_from(integer(&parameter, &value)?).unwrap_or(0)).max(1)
            }
            ("fields", "items(name,updated),nextPageToken") | ("projection" | "prettyPrint", _) => {}
            (parameter, value) => return Err(not_served("list", parameter, value)),
        }
    }
    if !api.objects.has_bucket(&bucket) {
        return Err(Refused(404, "The specified bucket does not exist.".into()));
    }
    // The token is the last name of the previous page.
    let mut items = api.objects.list(&bucket, &prefix);
    items.retain(|object| object.name > from);
    let is_last = items.len() <= most;
    items.truncate(most);
    let next_page_token = items.last().filter(|_| !is_last).map(|object| object.name.clone());
    Ok(Json(Listed { kind: "storage#objects", items, next_page_token }))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    kind: &'static str,
    items: Vec<Object>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

/// An object's content with `alt=media`, otherwise its metadata.
async fn read(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path((bucket, object)): Path<(String, String)>,
    Query(parameters): Parameters,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let mut generation = None;
    let mut is_media = false;
    for (parameter, value) in &parameters {
        match (parameter.as_str(), value.as_str()) {
            ("alt", "media") => is_media = true,
            ("generation", value) => generation = Some(integer(parameter, value)?),
            ("projection" | "prettyPrint", _) | ("fields", "name") => {}
            (parameter, value) => return Err(not_served("read", parameter, value)),
        }
    }
    caller.check("storage.objects.get", object_of(&bucket, &object))?;
    // A caller without permission to list gets 403 instead of 404 for a missing object.
    let listing = caller.check("storage.objects.list", Resource::Bucket(bucket.clone()));
    let read = match blocking(move || api.objects.read_stored(&bucket, &object, generation)).await {
        Err(Refused(404, missing)) => {
            return Err(listing.map_or_else(Refused::from, |()| Refused(404, missing)));
        }
        read => read?,
    };
    let accepts_gzip = accepts_gzip(&headers);
    match text(&headers, header::RANGE) {
        _ if !is_media => Ok(Json(read.0).into_response()),
        Some(range) if accepts_gzip || !read.0.is_gzip() => rest_of(read, range),
        // A range of an object that is decompressed on the way is ignored.
        _ => respond(read, accepts_gzip),
    }
}

/// The rest of an object from a given byte on, which the client requests after a broken connection.
fn rest_of((object, body): (Object, Bytes), range: &str) -> Result<Response, Refused> {
    let from = range.strip_prefix("bytes=").and_then(|range| range.strip_suffix('-')?.parse::<usize>().ok());
    let from = from.ok_or_else(|| not_served("read", "range", range))?;
    if from >= body.len() {
        return Err(Refused(416, format!("{range} is beyond the object's {} bytes", body.len())));
    }
    let content_range = format!("bytes {from}-{}/{}", body.len() - 1, body.len());
    let mut response = respond((object, body.slice(from..)), true)?;
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    if let Ok(content_range) = HeaderValue::try_from(content_range) {
        response.headers_mut().insert(header::CONTENT_RANGE, content_range);
    }
    Ok(response)
}

async fn read_public(
    State(api): State<Api>,
    Path((bucket, object)): Path<(String, String)>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Refused> {
    if ["storage", "upload", "download", "bigquery"].contains(&bucket.as_str()) {
        return Err(unknown_call(Method::GET, uri).await);
    }
    if bucket != *api.public_bucket {
        return Err(Refused(403, format!("anonymous callers may not read the bucket {bucket:?}")));
    }
    // The time of the replayed night, from which a page computes the age of a document.
    let date = [(header::DATE, api.objects.now().format(HTTP_DATE).to_string())];
    let (object, body) = blocking(move || api.objects.read_stored(&bucket, &object, None)).await?;
    let accepts_gzip = accepts_gzip(&headers);
    let etag = object.entity_tag(accepts_gzip);
    // The comparison is weak (RFC 9110, 13.1.2).
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let known = text(&headers, header::IF_NONE_MATCH).unwrap_or_default();
    if known.split(',').any(|known| bare(known) == bare(&etag)) {
        return Ok((StatusCode::NOT_MODIFIED, date, [(header::ETAG, etag)]).into_response());
    }
    Ok((date, respond((object, body), accepts_gzip)?).into_response())
}

/// `/v1/…` is the public bucket's `v1/…`, which matches relative URLs of a page in the bucket.
async fn read_beside(
    State(api): State<Api>,
    Path(object): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Refused> {
    let bucket = api.public_bucket.to_string();
    read_public(State(api), Path((bucket, format!("v1/{object}"))), headers, uri).await
}

/// Answers any call that the functions do not use: not implemented.
async fn unknown_call(method: Method, uri: Uri) -> Refused {
    Refused(501, format!("the local cloud does not serve {method} {}", uri.path()))
}

/// Whether the caller accepts gzip, so that an object that is stored compressed is served as it is.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = text(headers, header::ACCEPT_ENCODING).unwrap_or_default();
    accepted.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        parts.next() == Some("gzip") && !parts.any(|weight| weight == "q=0")
    })
}

impl Object {
    /// The tag of the content as it is served: a weak one where it is decompressed on the way.
    fn entity_tag(&self, accepts_gzip: bool) -> String {
        let weak = if self.is_gzip() && !accepts_gzip { "W/" } else { "" };
        format!("{weak}\"{}\"", self.etag)
    }
}

/// An object with Cloud Storage's headers, from which the client reads generation and metadata. One that is stored as
/// gzip is decompressed where the caller does not accept gzip
/// (<https://cloud.google.com/storage/docs/transcoding>).
fn respond((object, body): (Object, Bytes), accepts_gzip: bool) -> Result<Response, Refused> {
    let is_decompressed = object.is_gzip() && !accepts_gzip;
    let body = if is_decompressed { object.content_of(body)? } else { body };
    let mut headers = HeaderMap::new();
    let mut set = |name: &str, value: String| {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    };
    set("content-type", object.content_type.clone());
    set("etag", object.entity_tag(accepts_gzip));
    set("last-modified", object.updated.format(HTTP_DATE).to_string());
    set("x-goog-generation", object.generation.to_string());
    set("x-goog-metageneration", object.metageneration.to_string());
    set("x-goog-hash", format!("crc32c={}", object.crc32c));
    set("x-goog-stored-content-length", object.size.to_string());
    let encoding = object.content_encoding.clone().unwrap_or_else(|| "identity".into());
    if object.is_gzip() {
        set("vary", "Accept-Encoding".into());
        if is_decompressed {
            set("warning", "214 UploadServer gunzipped".into());
        } else {
            set("content-encoding", encoding.clone());
        }
    }
    set("x-goog-stored-content-encoding", encoding);
    set("x-goog-storage-class", object.storage_class);
    if let Some(cache_control) = object.cache_control {
        set("cache-control", cache_control);
    }
    for (key, value) in object.metadata {
        set(&format!("x-goog-meta-{key}"), value);
    }
    Ok((headers, body).into_response())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refused> + Send + 'static,
) -> Result<T, Refused> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(Refused(500, error.to_string())))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn integer(parameter: &str, value: &str) -> Result<i64, Refused> {
    value.parse().map_err(|_| Refused(400, format!("{parameter}: {value:?} is not a number")))
}

fn not_served(call: &str, parameter: &str, value: &str) -> Refused {
    Refused(501, format!("the local Cloud Storage does not serve {call} with {parameter}={value}"))
}
