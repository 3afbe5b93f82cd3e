//! Calls with a record of each: the request and the answer, without tokens, e-mail addresses and the
//! project's own names.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use reqwest::{Client, Method, RequestBuilder, StatusCode, Url, header::HeaderMap};
use serde_json::{Value, json};

/// The timeout of one call; an invocation ends by itself after 100 s.
const CALL_LIMIT: Duration = Duration::from_secs(120);
/// Recorded headers of answers.
const HEADERS: [&str; 4] =
    ["access-control-allow-origin", "cache-control", "content-type", "x-goog-generation"];

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Null if the body is not JSON.
    pub json: Value,
}

/// A client that records its calls in a folder.
#[derive(Debug)]
pub struct Recorder {
    http: Client,
    folder: PathBuf,
    /// The replaced texts and their replacements.
    secrets: Vec<(String, &'static str)>,
    count: AtomicUsize,
}

impl Recorder {
    /// Records calls in `folder`, after deleting the records of an earlier run.
    pub fn new(folder: &Path, secrets: Vec<(String, &'static str)>) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                fs::remove_file(path)?;
            }
        }
        let http = Client::builder().timeout(CALL_LIMIT).build().map_err(io::Error::other)?;
        Ok(Self { http, folder: folder.to_owned(), secrets, count: AtomicUsize::new(0) })
    }

    /// Calls `url`; `fill` completes the request.
    pub async fn call(
        &self,
        method: Method,
        url: Url,
        body: Option<Vec<u8>>,
        fill: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Answer, String> {
        let mut request = fill(self.http.request(method.clone(), url.clone()));
        if let Some(body) = &body {
            request = request.body(body.clone());
        }
        let answer = request.send().await.map_err(|error| format!("{method} {url}: {error}"))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = answer.text().await.map_err(|error| format!("{method} {url}: {error}"))?;
        self.keep(&method, &url, body.as_deref(), (status, &headers, &text))
            .map_err(|error| error.to_string())?;
        Ok(Answer { status, headers, json: serde_json::from_str(&text).unwrap_or_default() })
    }

    fn keep(
        &self,
        method: &Method,
        url: &Url,
        body: Option<&[u8]>,
        (status, headers, answer): (StatusCode, &HeaderMap, &str),
    ) -> io::Result<()> {
        let text_or_json = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|_| json!(text));
        let shown: serde_json::Map<String, Value> = HEADERS
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), headers.get(*name)?.to_str().ok()?.into())))
            .collect();
        let record = json!({
            "request": {
                "method": method.as_str(),
                "url": url.as_str(),
                "body": body.map(|body| text_or_json(&String::from_utf8_lossy(body))),
            },
            "response": {"status": status.as_u16(), "headers": shown, "body": text_or_json(answer)},
        });
        let mut text = serde_json::to_string_pretty(&record).map_err(io::Error::other)?;
        for (secret, name) in &self.secrets {
            text = text.replace(secret, name);
        }
        let nth = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let what: String =
            url.path().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let mut what = what.trim_matches('-').to_owned();
        for (secret, name) in &self.secrets {
            what = what.replace(secret, name);
        }
        what.truncate(80);
        fs::write(self.folder.join(format!("{nth:03}-{method}-{what}.json")), text + "\n")
    }
}
