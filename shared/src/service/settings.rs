//! The settings common to all services, from the environment.

use std::{net::Ipv4Addr, time::Duration};

use super::InvokerAuth;
use crate::{Error, env::Environment};

/// How long one invocation may take; below the schedules' attempt deadline of 120 s, so that the caller always
/// receives an answer.
pub const INVOCATION_DEADLINE: Duration = Duration::from_secs(100);

/// The settings of a service.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `PORT`, 8080 unless set. 0 lets the system choose, for tests.
    pub port: u16,
    /// `GOOGLE_CLOUD_PROJECT`: the project of the traces that log lines belong to.
    pub project: String,
    /// `INVOKER_AUTH` and its `OIDC_*`: who may call.
    pub invoker_auth: InvokerAuth,
    /// How long one invocation may take; no variable sets it.
    pub invocation_deadline: Duration,
}

impl Settings {
    /// Reads the variables above; the error names the first one that is wrong.
    pub fn read(environment: &Environment) -> Result<Self, Error> {
        Ok(Self {
            port: environment.parsed("PORT", "a port number")?.unwrap_or(8080),
            project: environment.required("GOOGLE_CLOUD_PROJECT")?,
            invoker_auth: InvokerAuth::read(environment)?,
            invocation_deadline: INVOCATION_DEADLINE,
        })
    }

    /// The address on which the service listens: every interface, as Cloud Run requires, but only loopback
    /// where callers are not authenticated.
    pub fn listen_address(&self) -> Ipv4Addr {
        match self.invoker_auth {
            InvokerAuth::None => Ipv4Addr::LOCALHOST,
            InvokerAuth::Iam | InvokerAuth::Oidc(_) => Ipv4Addr::UNSPECIFIED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_port_is_named_with_what_was_expected() {
        let variables = [("GOOGLE_CLOUD_PROJECT", "p"), ("INVOKER_AUTH", "none"), ("PORT", "http")];
        let error = Settings::read(&variables.into_iter().collect()).err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some("PORT is \"http\", expected a port number"));
    }
}
