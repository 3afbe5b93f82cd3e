//! The settings of the function.

use shared::{
    Error,
    env::{Environment, api_bucket, raw_bucket},
    google::GoogleCloud,
    service,
    sources::LiveSources,
};

/// The settings of this function, from the environment.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The settings common to all services.
    pub service: service::Settings,
    /// The project whose services are called.
    pub google: GoogleCloud,
    /// The sources of the box scores.
    pub sources: LiveSources,
    /// The bucket of the documents.
    pub api_bucket: String,
    /// The bucket of every function's dead letters, which the status counts.
    pub raw_bucket: String,
}

impl Settings {
    /// Reads them; the error names the first variable that is missing or malformed.
    pub fn read(environment: &Environment) -> Result<Self, Error> {
        Ok(Self {
            service: service::Settings::read(environment)?,
            google: GoogleCloud::read(environment)?,
            sources: LiveSources::read(environment)?,
            api_bucket: api_bucket(environment),
            raw_bucket: raw_bucket(environment),
        })
    }
}
