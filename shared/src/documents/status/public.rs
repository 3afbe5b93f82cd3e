//! How the public status is read and written.

use std::{future::ready, sync::Arc};

use super::{OBJECT, RunReport, Status};
use crate::{
    Error,
    documents::{Document, Known, PublicDocument, Target},
    google::storage::Storage,
};

impl Document for Status {
    const NAME: &'static str = "the status";

    fn expected_bytes(&self) -> usize {
        4096
    }

    fn cache_control(&self) -> &'static str {
        "public, max-age=60"
    }
}

/// The public status, and how a run of an exporter reports to it. Clones share what they know.
#[derive(Clone, Debug)]
pub struct PublicStatus(PublicDocument<Status>);

/// A report that was made.
#[derive(Clone, Debug)]
pub struct Reported {
    /// The status before the report; `None` where there was none, or where it could not be read.
    previous: Option<Arc<Status>>,
}

impl PublicStatus {
    /// The status in the public `bucket`.
    pub fn new(storage: &Storage, bucket: &str) -> Self {
        Self(PublicDocument::new(storage, bucket))
    }

    /// What is public: from memory, else from the bucket.
    pub async fn known(&self) -> Result<Known<Status>, Error> {
        self.0.known(&Target::single(OBJECT)).await
    }

    /// Publishes the status that follows from the report `run`, unless a later one is public. A run that
    /// reported a success too early corrects that by passing the earlier report as `corrected`.
    pub async fn report(
        &self,
        run: &RunReport<'_>,
        mut corrected: Option<Reported>,
    ) -> Result<Reported, Error> {
        let known = self.known().await?;
        let mut reported = Reported { previous: known.document() };
        let published = self
            .0
            .update(known, run.now, |known| {
                // Where a concurrent writer won, its status is the previous one.
                reported = corrected.take().unwrap_or_else(|| Reported { previous: known.document() });
                ready(Ok(run.judge(reported.previous.as_deref())))
            })
            .await?;
        if let Some(published) = published {
            let status = published.document;
            // Alerts count the unhealthy ones and those of degraded scores: "The status is unhealthy", "The scores stand
            // still".
            let overall_status = status.overall_status.name();
            let live_data = status.services.live_data.status.name();
            tracing::info!(overall_status, live_data, issues = status.known_issues.len(), "status published");
        }
        Ok(reported)
    }
}
