//! Configuration: the environment only, read once at start into typed structs.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    net::Ipv4Addr,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::Url;

use crate::{Error, credentials::Credentials, function::INVOCATION_DEADLINE, invoker_auth::InvokerAuth};

/// The environment variables of a process, or a test's stand-in for them. It keeps note of which were asked
/// for, by which a deployment is held against the code.
#[derive(Clone, Debug)]
pub struct Environment {
    variables: HashMap<String, String>,
    asked_for: Arc<Mutex<BTreeSet<String>>>,
}

impl Environment {
    /// The variables of this process; a variable that is not UTF-8 counts as unset.
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// The names that were asked for so far, set or not.
    pub fn asked_for(&self) -> BTreeSet<String> {
        self.asked_for.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The value of `name`; an empty value counts as unset, as in most shells' `${VAR:-}`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.asked_for.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value of `name`, which must be there.
    pub fn required(&self, name: &str) -> Result<&str, Error> {
        self.get(name).ok_or_else(|| Error::Configuration(format!("{name} is not set")))
    }

    /// The value of `name` read as a `T`, or `None` where it is unset.
    pub fn parsed<T: FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>, Error> {
        self.get(name)
            .map(|value| {
                value
                    .parse()
                    .map_err(|_| Error::Configuration(format!("{name} is {value:?}, expected {expected}")))
            })
            .transpose()
    }

    /// The value of `name` as an `http` or `https` URL.
    pub fn url(&self, name: &str) -> Result<Option<Url>, Error> {
        let expected = "a URL such as http://127.0.0.1:8080";
        let url: Option<Url> = self.parsed(name, expected)?;
        match url {
            Some(url) if !matches!(url.scheme(), "http" | "https") || !url.has_host() => {
                Err(Error::Configuration(format!("{name} is \"{url}\", expected {expected}")))
            }
            url => Ok(url),
        }
    }

    /// The value of `name` as `host:port`.
    pub fn authority(&self, name: &str) -> Result<Option<String>, Error> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let url = Url::parse(&format!("http://{value}/")).ok();
        if url.is_some_and(|url| url.authority() == value && url.path() == "/") {
            Ok(Some(value.to_owned()))
        } else {
            Err(Error::Configuration(format!(
                "{name} is {value:?}, expected host:port such as 127.0.0.1:8085"
            )))
        }
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { variables, asked_for: Arc::default() }
    }
}

/// What every function needs to know of the platform it runs on.
#[derive(Clone, Debug)]
pub struct Platform {
    /// `PORT`, 8080 unless set. 0 lets the system choose, for tests.
    pub port: u16,
    /// `GOOGLE_CLOUD_PROJECT`: the project whose BigQuery jobs and traces are ours.
    pub project: String,
    /// `INVOKER_AUTH` and its `OIDC_*`: who may call.
    pub invoker_auth: InvokerAuth,
    /// `STORAGE_EMULATOR_HOST`, `http://host:port`; no credentials are used where it is set.
    pub storage_emulator: Option<Url>,
    /// `BIGQUERY_EMULATOR_HOST`, `http://host:port`; likewise.
    pub bigquery_emulator: Option<Url>,
    /// `BIGQUERY_LOCATION`: where the datasets are, such as `us-west2`. A job outside the US and EU
    /// multi-regions is found only with its location:
    /// <https://cloud.google.com/bigquery/docs/locations#specify_locations>. Required where no emulator
    /// is set.
    pub bigquery_location: Option<String>,
    /// `PUBSUB_EMULATOR_HOST`, `host:port` without a scheme; likewise.
    pub pubsub_emulator: Option<String>,
    /// Whom Google's services know this process as; not used for what has an emulator.
    pub credentials: Credentials,
    /// How long one invocation may take; not configurable from outside.
    pub invocation_deadline: Duration,
}

impl Platform {
    /// Reads the variables above; the error names the first one that is wrong.
    pub fn read(environment: &Environment) -> Result<Self, Error> {
        let platform = Self {
            port: environment.parsed("PORT", "a port number")?.unwrap_or(8080),
            project: environment.required("GOOGLE_CLOUD_PROJECT")?.to_owned(),
            invoker_auth: InvokerAuth::read(environment)?,
            storage_emulator: environment.url("STORAGE_EMULATOR_HOST")?,
            bigquery_emulator: environment.url("BIGQUERY_EMULATOR_HOST")?,
            bigquery_location: bigquery_location(environment)?,
            pubsub_emulator: environment.authority("PUBSUB_EMULATOR_HOST")?,
            credentials: Credentials::default(),
            invocation_deadline: INVOCATION_DEADLINE,
        };
        if platform.bigquery_emulator.is_none() {
            environment.required("BIGQUERY_LOCATION")?;
        }
        Ok(platform)
    }

    /// Where the service listens: everywhere, as Cloud Run needs it, but only on loopback where
    /// nobody checks the callers.
    pub fn listen_address(&self) -> Ipv4Addr {
        match self.invoker_auth {
            InvokerAuth::None => Ipv4Addr::LOCALHOST,
            InvokerAuth::Iam | InvokerAuth::Oidc(_) => Ipv4Addr::UNSPECIFIED,
        }
    }
}

fn bigquery_location(environment: &Environment) -> Result<Option<String>, Error> {
    let Some(value) = environment.get("BIGQUERY_LOCATION") else { return Ok(None) };
    if value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Ok(Some(value.to_owned()));
    }
    Err(Error::Configuration(format!(
        "BIGQUERY_LOCATION is {value:?}, expected a location of BigQuery such as us-west2 or US"
    )))
}

/// `RAW_BUCKET`: the bucket of raw snapshots, staged rows and dead letters.
pub fn raw_bucket(environment: &Environment) -> String {
    environment.get("RAW_BUCKET").unwrap_or("nba-scraped-data").to_owned()
}

/// `API_BUCKET`: the public bucket that the front end reads.
pub fn api_bucket(environment: &Environment) -> String {
    environment.get("API_BUCKET").unwrap_or("nba-props-platform-api").to_owned()
}

/// A value that no log line or error message may show.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The secret itself, for the one place that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(variables: &[(&str, &str)]) -> String {
        match Platform::read(&variables.iter().copied().collect()) {
            Ok(platform) => format!("accepted: {platform:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn each_wrong_variable_is_named_with_what_was_expected() {
        let project = ("GOOGLE_CLOUD_PROJECT", "p");
        let none = ("INVOKER_AUTH", "none");
        assert_eq!(error_of(&[none]), "GOOGLE_CLOUD_PROJECT is not set");
        assert_eq!(error_of(&[("GOOGLE_CLOUD_PROJECT", ""), none]), "GOOGLE_CLOUD_PROJECT is not set");
        assert_eq!(error_of(&[project, none]), "BIGQUERY_LOCATION is not set");
        assert_eq!(
            error_of(&[project, none, ("BIGQUERY_LOCATION", "us west")]),
            "BIGQUERY_LOCATION is \"us west\", expected a location of BigQuery such as us-west2 or US"
        );
        let emulated = ("BIGQUERY_EMULATOR_HOST", "http://127.0.0.1:9050");
        assert!(error_of(&[project, none, emulated]).starts_with("accepted"));
        assert_eq!(error_of(&[project, none, ("PORT", "http")]), "PORT is \"http\", expected a port number");
        assert_eq!(
            error_of(&[project, none, ("STORAGE_EMULATOR_HOST", "localhost:9023")]),
            "STORAGE_EMULATOR_HOST is \"localhost:9023\", expected a URL such as http://127.0.0.1:8080"
        );
        assert_eq!(
            error_of(&[project, none, ("PUBSUB_EMULATOR_HOST", "http://localhost:8085")]),
            "PUBSUB_EMULATOR_HOST is \"http://localhost:8085\", expected host:port such as 127.0.0.1:8085"
        );
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        assert_eq!(format!("{:?}", Secret::new("s3cret")), "Secret(…)");
    }
}
