//! Thin typed clients of Google Cloud: what Google's own clients lack is added here (a time limit on every
//! call, retries within a budget, errors that say what the platform does next).

pub mod bigquery;
pub mod credentials;
mod listing;
pub mod pubsub;
pub mod storage;

use reqwest::Url;

use crate::{Error, env::Environment};
use credentials::Credentials;

/// The project that the clients call, and the credentials to use. Cheap to clone.
#[derive(Clone, Debug)]
pub struct GoogleCloud {
    /// `GOOGLE_CLOUD_PROJECT`: the project of BigQuery jobs and Pub/Sub topics.
    pub project: String,
    /// `BIGQUERY_LOCATION`: where the datasets are, such as `us-west2`. A job outside the US and EU
    /// multi-regions is found only with its location:
    /// <https://cloud.google.com/bigquery/docs/locations#specify_locations>. Required where no emulator
    /// is set.
    pub bigquery_location: Option<String>,
    /// `STORAGE_EMULATOR_HOST`, `http://host:port`; no credentials are used where it is set.
    pub storage_emulator: Option<Url>,
    /// `BIGQUERY_EMULATOR_HOST`, `http://host:port`; no credentials are used where it is set.
    pub bigquery_emulator: Option<Url>,
    /// `PUBSUB_EMULATOR_HOST`, `host:port` without a scheme; no credentials are used where it is set.
    pub pubsub_emulator: Option<String>,
    /// The credentials of the process, one token for all clients; unused for a service with an emulator.
    pub credentials: Credentials,
}

impl GoogleCloud {
    /// Reads the variables above; the error names the first one that is wrong.
    pub fn read(environment: &Environment) -> Result<Self, Error> {
        let google = Self {
            project: environment.required("GOOGLE_CLOUD_PROJECT")?,
            storage_emulator: environment.url("STORAGE_EMULATOR_HOST")?,
            bigquery_emulator: environment.url("BIGQUERY_EMULATOR_HOST")?,
            bigquery_location: bigquery_location(environment)?,
            pubsub_emulator: environment.authority("PUBSUB_EMULATOR_HOST")?,
            credentials: Credentials::default(),
        };
        if google.bigquery_emulator.is_none() {
            environment.required("BIGQUERY_LOCATION")?;
        }
        Ok(google)
    }
}

fn bigquery_location(environment: &Environment) -> Result<Option<String>, Error> {
    let Some(value) = environment.get("BIGQUERY_LOCATION") else { return Ok(None) };
    if value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Ok(Some(value));
    }
    Err(Error::configuration(format!(
        "BIGQUERY_LOCATION is {value:?}, expected a location of BigQuery such as us-west2 or US"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(variables: &[(&str, &str)]) -> String {
        match GoogleCloud::read(&variables.iter().copied().collect()) {
            Ok(google) => format!("accepted: {google:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn each_wrong_variable_is_named_with_what_was_expected() {
        let project = ("GOOGLE_CLOUD_PROJECT", "p");
        assert_eq!(error_of(&[]), "GOOGLE_CLOUD_PROJECT is not set");
        assert_eq!(error_of(&[("GOOGLE_CLOUD_PROJECT", "")]), "GOOGLE_CLOUD_PROJECT is not set");
        assert_eq!(error_of(&[project]), "BIGQUERY_LOCATION is not set");
        assert_eq!(
            error_of(&[project, ("BIGQUERY_LOCATION", "us west")]),
            "BIGQUERY_LOCATION is \"us west\", expected a location of BigQuery such as us-west2 or US"
        );
        let emulated = ("BIGQUERY_EMULATOR_HOST", "http://127.0.0.1:9050");
        assert!(error_of(&[project, emulated]).starts_with("accepted"));
        assert_eq!(
            error_of(&[project, ("STORAGE_EMULATOR_HOST", "localhost:9023")]),
            "STORAGE_EMULATOR_HOST is \"localhost:9023\", expected a URL such as http://127.0.0.1:8080"
        );
        assert_eq!(
            error_of(&[project, ("PUBSUB_EMULATOR_HOST", "http://localhost:8085")]),
            "PUBSUB_EMULATOR_HOST is \"http://localhost:8085\", expected host:port such as 127.0.0.1:8085"
        );
    }
}
