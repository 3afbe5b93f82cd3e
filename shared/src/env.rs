//! The environment: variables only, read once at start into typed structs.

use std::{fmt, str::FromStr};

use reqwest::Url;

use crate::Error;

/// The environment variables of a process, or a test's stand-in for them.
///
/// ```
/// use shared::env::Environment;
///
/// let environment: Environment = [("PORT", "8081")].into_iter().collect();
/// assert_eq!(environment.get("PORT").as_deref(), Some("8081"));
/// assert!(environment.required("GOOGLE_CLOUD_PROJECT").is_err());
/// ```
pub struct Environment(Box<Lookup>);

/// Finds the value of a variable by its name.
type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Environment {
    /// The variables of this process; a variable that is not UTF-8 counts as unset.
    pub fn of_process() -> Self {
        Self::from_fn(|name| std::env::var(name).ok())
    }

    /// The variables that `lookup` finds.
    pub fn from_fn(lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Box::new(lookup))
    }

    /// The value of `name`; an empty value counts as unset, as in most shells' `${VAR:-}`.
    pub fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    /// The value of `name`, which must be set.
    pub fn required(&self, name: &str) -> Result<String, Error> {
        self.get(name).ok_or_else(|| Error::configuration(format!("{name} is not set")))
    }

    /// The value of `name` read as a `T`, or `None` where it is unset.
    pub fn parsed<T: FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>, Error> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let parsed = value.parse();
        parsed
            .map(Some)
            .map_err(|_| Error::configuration(format!("{name} is {value:?}, expected {expected}")))
    }

    /// The value of `name` as an `http` or `https` URL.
    pub fn url(&self, name: &str) -> Result<Option<Url>, Error> {
        let expected = "a URL such as http://127.0.0.1:8080";
        let url: Option<Url> = self.parsed(name, expected)?;
        match url {
            Some(url) if !matches!(url.scheme(), "http" | "https") || !url.has_host() => {
                Err(Error::configuration(format!("{name} is \"{url}\", expected {expected}")))
            }
            url => Ok(url),
        }
    }

    /// The value of `name` as `host:port`.
    pub fn authority(&self, name: &str) -> Result<Option<String>, Error> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let url = Url::parse(&format!("http://{value}/")).ok();
        if url.is_some_and(|url| url.authority() == value && url.path() == "/") {
            Ok(Some(value))
        } else {
            Err(Error::configuration(format!(
                "{name} is {value:?}, expected host:port such as 127.0.0.1:8085"
            )))
        }
    }
}

impl fmt::Debug for Environment {
    /// Shows no values, because some are secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment(…)")
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        let variables: std::collections::HashMap<String, String> =
            variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self::from_fn(move |name| variables.get(name).cloned())
    }
}

/// `RAW_BUCKET`: the bucket of raw snapshots, staged rows and dead letters.
pub fn raw_bucket(environment: &Environment) -> String {
    environment.get("RAW_BUCKET").unwrap_or_else(|| "nba-scraped-data".to_owned())
}

/// `API_BUCKET`: the public bucket that the front end reads.
pub fn api_bucket(environment: &Environment) -> String {
    environment.get("API_BUCKET").unwrap_or_else(|| "nba-props-platform-api".to_owned())
}
