//! The functions, each on a port of its own, configured by environment variables as in production.

use reqwest::Url;
use shared::{Error, config::Environment, function};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{clock::ReplayClock, issuer::INVOKER, pubsub::PROJECT};

/// Where each function is called.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "each field is the function of that name")]
pub struct Functions {
    pub scrape_live_boxscores: Url,
    pub process_live_boxscores: Url,
    pub export_tonight: Url,
    pub export_live: Url,
}

/// What a token for the function at `target` is issued to.
pub fn audience(target: &Url) -> String {
    target.as_str().trim_end_matches('/').to_owned()
}

/// `host:port` of a URL, as Pub/Sub's emulator variable has it.
pub fn authority(url: &str) -> String {
    url.trim_start_matches("http://").trim_end_matches('/').to_owned()
}

/// The variables of a function that speaks to the local cloud at `cloud` and is called at `own`.
pub fn environment(cloud: &Url, own: &Url) -> Environment {
    let cloud = cloud.as_str().trim_end_matches('/');
    Environment::from_iter([
        ("GOOGLE_CLOUD_PROJECT", PROJECT.to_owned()),
        ("STORAGE_EMULATOR_HOST", cloud.to_owned()),
        ("BIGQUERY_EMULATOR_HOST", cloud.to_owned()),
        ("PUBSUB_EMULATOR_HOST", authority(cloud)),
        ("BDL_API_URL", format!("{cloud}/balldontlie")),
        ("BDL_API_KEY", "local".to_owned()),
        ("INVOKER_AUTH", "oidc".to_owned()),
        ("OIDC_AUDIENCE", audience(own)),
        ("OIDC_ALLOWED_EMAILS", INVOKER.to_owned()),
        ("OIDC_JWKS_URL", format!("{cloud}/oauth2/v3/certs")),
    ])
}

impl Functions {
    /// Starts every function on loopback, from `first_port` on (0: wherever there is room), until
    /// `stop`.
    pub async fn start(
        cloud: &Url,
        first_port: u16,
        clock: &ReplayClock,
        stop: &CancellationToken,
    ) -> Result<Self, Error> {
        let port = |offset| if first_port == 0 { 0 } else { first_port + offset };
        let start = async |port, app: fn(&Environment, shared::Clock) -> Result<axum::Router, Error>| {
            let (listener, own) = listen(port).await?;
            let router = app(&environment(cloud, &own), clock.for_functions())?;
            tokio::spawn(function::serve(listener, router, stop.clone().cancelled_owned()));
            Ok::<_, Error>(own)
        };
        Ok(Self {
            scrape_live_boxscores: start(port(0), |environment, clock| {
                Ok(scrape_live_boxscores::app(scrape_live_boxscores::Settings::read(environment)?, clock))
            })
            .await?,
            process_live_boxscores: start(port(1), |environment, clock| {
                Ok(process_live_boxscores::app(process_live_boxscores::Settings::read(environment)?, clock))
            })
            .await?,
            export_tonight: start(port(2), |environment, clock| {
                Ok(export_tonight::app(export_tonight::Settings::read(environment)?, clock))
            })
            .await?,
            export_live: start(port(3), |environment, clock| {
                Ok(export_live::app(export_live::Settings::read(environment)?, clock))
            })
            .await?,
        })
    }
}

/// A listener on loopback and its URL.
pub async fn listen(port: u16) -> Result<(TcpListener, Url), Error> {
    let refused =
        |error: std::io::Error| Error::Configuration(format!("cannot listen on 127.0.0.1:{port}: {error}"));
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(refused)?;
    let port = listener.local_addr().map_err(refused)?.port();
    let url = Url::parse(&format!("http://127.0.0.1:{port}/"));
    Ok((listener, url.map_err(|error| Error::Internal(error.to_string()))?))
}
