//! Pub/Sub: one message to a topic.
//!
//! A thin layer over Google's client that adds what it lacks: a time limit on every call and this crate's error.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use google_cloud_auth::credentials::anonymous;
use google_cloud_gax::{error::rpc::Code, retry_policy::NeverRetry};
use google_cloud_pubsub::{client::Publisher, error::PublishError, model::Message};
use tokio::sync::OnceCell;

use crate::{
    Error,
    error::Detail,
    google::{GoogleCloud, credentials::Credentials},
    retry::{Budget, Failure, with_retries},
};

const SERVICE: &str = "Pub/Sub";
/// How long a call is retried. All calls of an invocation together must end before its `INVOCATION_DEADLINE`.
const BUDGET: Budget =
    Budget { service: SERVICE, attempt: Duration::from_secs(10), total: Duration::from_secs(30) };

/// A topic to publish to. The client is created at first use, so that startup needs no call. Cheap to clone.
#[derive(Clone)]
pub struct Topic {
    /// `projects/{project}/topics/{topic}`.
    name: String,
    emulator: Option<String>,
    credentials: Credentials,
    publisher: Arc<OnceCell<Publisher>>,
}

impl Topic {
    /// The topic `topic` of the project, at Google or, without credentials, at the emulator.
    pub fn new(google: &GoogleCloud, topic: &str) -> Self {
        Self {
            name: format!("projects/{}/topics/{topic}", google.project),
            emulator: google.pubsub_emulator.clone(),
            credentials: google.credentials.clone(),
            publisher: Arc::default(),
        }
    }

    /// Publishes a message and returns once Pub/Sub has it. A message may be published twice, as Pub/Sub
    /// may deliver it twice.
    pub async fn publish(&self, data: Bytes) -> Result<(), Error> {
        with_retries(BUDGET, || async {
            let message = Message::new().set_data(data.clone());
            self.publisher().await?.publish(message).await.map(drop).map_err(|error| self.failure(error))
        })
        .await
    }

    async fn publisher(&self) -> Result<&Publisher, Failure> {
        let build = || async {
            // Retries are done here, because each attempt needs a time limit; and a message is sent alone, so
            // it does not wait for a batch.
            let builder =
                Publisher::builder(&self.name).with_retry_policy(NeverRetry).set_message_count_threshold(1);
            match &self.emulator {
                Some(emulator) => {
                    builder
                        .with_endpoint(format!("http://{emulator}"))
                        .with_credentials(anonymous::Builder::new().build())
                        .build()
                        .await
                }
                None => builder.with_credentials(self.credentials.for_client()).build().await,
            }
        };
        self.publisher.get_or_try_init(|| Box::pin(build())).await.map_err(|error| {
            Failure::Permanent(Error::internal(Detail::of(
                format!("{SERVICE}: the client could not be created"),
                error,
            )))
        })
    }

    fn failure(&self, error: PublishError) -> Failure {
        let code = match &error {
            PublishError::Rpc(error) => error.status().map(|status| status.code),
            _ => None,
        };
        match code {
            Some(
                Code::NotFound
                | Code::PermissionDenied
                | Code::Unauthenticated
                | Code::InvalidArgument
                | Code::Unimplemented,
            ) => Failure::Permanent(Error::internal(Detail::of(format!("{SERVICE}: {}", self.name), error))),
            _ => Failure::retryable(Error::transient(SERVICE, Detail::of(&*self.name, error))),
        }
    }
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Topic")
            .field("name", &self.name)
            .field("emulator", &self.emulator)
            .finish_non_exhaustive()
    }
}
