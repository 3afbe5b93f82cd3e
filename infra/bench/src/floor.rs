//! The lower bound of each path: its calls that must follow one another, made by a plain client that does
//! nothing else.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use local_cloud::{
    bigquery::LOCATION,
    cloud::{API_BUCKET, RAW_BUCKET},
};
use reqwest::{Client, Url, multipart};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::Result;

/// The plain client.
pub struct Floor {
    cloud: Url,
    http: Client,
}

impl Floor {
    /// A client of the local cloud at `cloud`.
    pub fn new(cloud: &Url) -> Result<Self> {
        Ok(Self { cloud: cloud.clone(), http: Client::builder().timeout(Duration::from_secs(30)).build()? })
    }

    /// A poll of the live box scores.
    pub async fn fetch(&self) -> Result<()> {
        let request = self.http.get(self.cloud.join("balldontlie/v1/box_scores/live?per_page=100")?);
        received(request.header("authorization", "local").send().await?).await.map(drop)
    }

    /// The cheapest query.
    pub async fn query(&self) -> Result<()> {
        let query = json!({"query": "SELECT 1 AS one", "useLegacySql": false, "location": LOCATION});
        self.post("bigquery/v2/projects/local/queries", &query).await.map(drop)
    }

    /// Publishes a message.
    pub async fn publish(&self) -> Result<()> {
        let topic = local_cloud::pubsub::COMPLETE_TOPIC;
        let message = json!({"messages": [{"data": BASE64_STANDARD.encode("{}")}]});
        self.post(&format!("v1/projects/local/topics/{topic}:publish"), &message).await.map(drop)
    }

    /// Writes an object with `body` as its content.
    pub async fn write(&self, bucket: &str, name: &str, body: Vec<u8>) -> Result<()> {
        let part = |content: Vec<u8>, kind: &str| multipart::Part::bytes(content).mime_str(kind);
        let metadata = json!({"contentType": "application/json"}).to_string().into_bytes();
        let form = multipart::Form::new()
            .part("metadata", part(metadata, "application/json; charset=UTF-8")?)
            .part("media", part(body, "application/json")?);
        let boundary = format!("multipart/related; boundary={}", form.boundary());
        let url =
            self.cloud.join(&format!("upload/storage/v1/b/{bucket}/o?uploadType=multipart&name={name}"))?;
        let request = self.http.post(url).multipart(form).header("content-type", boundary);
        received(request.send().await?).await.map(drop)
    }

    /// Reads an object.
    pub async fn read(&self, bucket: &str, name: &str) -> Result<()> {
        let name = name.replace('/', "%2F");
        let request = self.http.get(self.cloud.join(&format!("storage/v1/b/{bucket}/o/{name}?alt=media"))?);
        received(request.send().await?).await.map(drop)
    }

    /// Runs a load job of the staged object and polls it until it ends.
    pub async fn load(&self, staged: &str, job: &str) -> Result<()> {
        let load = json!({
            "sourceUris": [format!("gs://{RAW_BUCKET}/{staged}")],
            "destinationTable": {"projectId": "local", "datasetId": "nba_raw", "tableId": "bdl_live_boxscores"},
            "sourceFormat": "NEWLINE_DELIMITED_JSON", "createDisposition": "CREATE_NEVER",
            "writeDisposition": "WRITE_APPEND",
        });
        let id = json!({"projectId": "local", "jobId": job, "location": LOCATION});
        let request = json!({"jobReference": id, "configuration": {"load": load}});
        self.post("bigquery/v2/projects/local/jobs", &request).await?;
        loop {
            let job = self.get(&format!("bigquery/v2/projects/local/jobs/{job}?location={LOCATION}")).await?;
            match (&job["status"]["state"], &job["status"]["errorResult"]) {
                (_, error) if error.is_object() => return Err(error.to_string().into()),
                (state, _) if state == "DONE" => return Ok(()),
                _ => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
    }

    async fn get(&self, path: &str) -> Result<Value> {
        let request = self.http.get(self.cloud.join(path)?).header("authorization", "local");
        succeeded(request.send().await?).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        succeeded(self.http.post(self.cloud.join(path)?).json(body).send().await?).await
    }
}

/// The unparsed body of a successful answer.
async fn received(answer: reqwest::Response) -> Result<Bytes> {
    if answer.status().is_success() {
        Ok(answer.bytes().await?)
    } else {
        Err(format!("local-cloud answered {}: {}", answer.status(), answer.text().await?).into())
    }
}

/// The same, parsed as JSON for calls whose successors depend on it.
async fn succeeded(answer: reqwest::Response) -> Result<Value> {
    Ok(serde_json::from_slice(&received(answer).await?)?)
}

/// The median of `runs` runs of a chain, after one run that opens its connections.
pub async fn median(runs: usize, mut chain: impl AsyncFnMut(usize) -> Result<()>) -> Result<Duration> {
    chain(0).await?;
    let mut took = Vec::with_capacity(runs);
    for run in 1..=runs {
        let begun = Instant::now();
        chain(run).await?;
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    took.get(runs / 2).copied().ok_or_else(|| "no run was measured".into())
}

/// An object name in the public bucket that no function uses.
pub fn public(floor: &Floor, body: Vec<u8>) -> impl Future<Output = Result<()>> + use<'_> {
    floor.write(API_BUCKET, "bench/floor.json", body)
}
