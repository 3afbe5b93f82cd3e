//! Lists the objects of a bucket.
//!
//! Google's client lists over gRPC only, with a second connection and protocol to test; the JSON API needs one
//! call.

use chrono::{DateTime, Utc};
use reqwest::Url;

use crate::{
    Error,
    error::Detail,
    google::credentials::Credentials,
    retry::{Budget, Failure, with_retries},
};

/// The most pages, of a thousand objects each, that a listing reads.
const MAX_PAGES: usize = 10;

/// The client for listing objects.
pub(super) struct Listing {
    http: reqwest::Client,
    base: Url,
    /// None for an emulator.
    credentials: Option<Credentials>,
    budget: Budget,
}

/// An object in a listing.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct ListedObject {
    /// Its name.
    pub name: String,
    /// When it was last written.
    pub updated: DateTime<Utc>,
}

/// A page of a listing.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    items: Vec<ListedObject>,
    next_page_token: Option<String>,
}

impl Listing {
    pub fn new(emulator: Option<&Url>, credentials: &Credentials, budget: Budget) -> Result<Self, Error> {
        let words = || format!("{}: the client could not be created", budget.service);
        let base = match emulator {
            Some(emulator) => emulator.clone(),
            None => Url::parse("https://storage.googleapis.com")
                .map_err(|error| Error::internal(Detail::of(words(), error)))?,
        };
        let credentials = emulator.is_none().then(|| credentials.clone());
        let http = reqwest::Client::builder()
            .timeout(budget.attempt)
            .build()
            .map_err(|error| Error::internal(Detail::of(words(), error)))?;
        Ok(Self { http, base, credentials, budget })
    }

    /// The objects under `prefix`, ten thousand at the most.
    pub async fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<ListedObject>, Error> {
        let (mut objects, mut token) = (Vec::new(), None);
        for _ in 0..MAX_PAGES {
            let page = with_retries(self.budget, || self.page(bucket, prefix, token.as_deref())).await?;
            objects.extend(page.items);
            token = page.next_page_token;
            if token.is_none() {
                return Ok(objects);
            }
        }
        tracing::warn!(
            bucket,
            prefix,
            objects = objects.len(),
            "the prefix has more objects than are listed"
        );
        Ok(objects)
    }

    async fn page(&self, bucket: &str, prefix: &str, token: Option<&str>) -> Result<Page, Failure> {
        let service = self.budget.service;
        let objects = || format!("gs://{bucket}/{prefix}*");
        let transient = |detail: Detail| Failure::retryable(Error::transient(service, detail));
        let failed = |error: reqwest::Error| transient(Detail::of(objects(), error.without_url()));
        let mut url = self.base.clone();
        url.set_path(&format!("/storage/v1/b/{bucket}/o"));
        url.query_pairs_mut()
            .append_pair("prefix", prefix)
            .append_pair("fields", "items(name,updated),nextPageToken");
        if let Some(token) = token {
            url.query_pairs_mut().append_pair("pageToken", token);
        }
        let mut request = self.http.get(url);
        if let Some(credentials) = &self.credentials {
            let token =
                credentials.access_token().await.map_err(|error| transient(Detail::of(objects(), error)))?;
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.map_err(failed)?;
        match answer.status() {
            status if status.is_success() => answer.json().await.map_err(failed),
            status if status.is_server_error() || [408, 429].contains(&status.as_u16()) => {
                Err(transient(format!("{} answered {status}", objects()).into()))
            }
            status => Err(Failure::Permanent(Error::internal(format!(
                "{service}: listing gs://{bucket}/{prefix}* answered {status}"
            )))),
        }
    }
}
