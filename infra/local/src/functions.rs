//! The functions, each on its own port, configured by environment variables as in production.

use axum::Router;
use reqwest::Url;
use shared::{Clock, Error, env::Environment, error::Detail, service};
use tokio::net::TcpListener;

use crate::{bigquery::LOCATION, clock::ReplayClock, cloud::LocalCloud, issuer::INVOKER, pubsub::PROJECT};

/// The names of the functions.
pub const NAMES: [&str; 4] =
    ["scrape-live-boxscores", "process-live-boxscores", "export-tonight", "export-live"];

/// The address of each function.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "each field is the function of that name")]
pub struct Functions {
    pub scrape_live_boxscores: Url,
    pub process_live_boxscores: Url,
    pub export_tonight: Url,
    pub export_live: Url,
}

/// The audience of a token for the function at `target`.
pub fn audience(target: &Url) -> String {
    target.as_str().trim_end_matches('/').to_owned()
}

/// The `host:port` of a URL, the format of Pub/Sub's emulator variable.
pub fn authority(url: &str) -> String {
    url.trim_start_matches("http://").trim_end_matches('/').to_owned()
}

/// The environment variables of the function `name`, which calls `cloud` as its own service account and is
/// called at `own`.
pub fn variables(
    cloud: &LocalCloud,
    name: &str,
    own: &Url,
) -> impl Iterator<Item = (&'static str, String)> + use<> {
    let google = cloud.endpoint(name).as_str().trim_end_matches('/');
    let cloud = cloud.url.as_str().trim_end_matches('/');
    [
        ("GOOGLE_CLOUD_PROJECT", PROJECT.to_owned()),
        ("BIGQUERY_LOCATION", LOCATION.to_owned()),
        ("STORAGE_EMULATOR_HOST", google.to_owned()),
        ("BIGQUERY_EMULATOR_HOST", google.to_owned()),
        ("PUBSUB_EMULATOR_HOST", authority(google)),
        ("BDL_API_URL", format!("{cloud}/balldontlie")),
        ("BDL_API_KEY", "local".to_owned()),
        ("NBA_CDN_URL", format!("{cloud}/nba-cdn")),
        ("INVOKER_AUTH", "oidc".to_owned()),
        ("OIDC_AUDIENCE", audience(own)),
        ("OIDC_ALLOWED_EMAILS", INVOKER.to_owned()),
        ("OIDC_JWKS_URL", format!("{cloud}/oauth2/v3/certs")),
    ]
    .into_iter()
}

/// The function `name`, built as in its own `main`, but with `clock`.
pub fn app(
    name: &str,
    environment: &Environment,
    clock: Clock,
) -> Result<(service::Settings, Router), Error> {
    Ok(match name {
        "scrape-live-boxscores" => {
            let settings = scrape_live_boxscores::Settings::read(environment)?;
            (settings.service.clone(), scrape_live_boxscores::app(settings, clock))
        }
        "process-live-boxscores" => {
            let settings = process_live_boxscores::Settings::read(environment)?;
            (settings.service.clone(), process_live_boxscores::app(settings, clock))
        }
        "export-tonight" => {
            let settings = export_tonight::Settings::read(environment)?;
            (settings.service.clone(), export_tonight::app(settings, clock))
        }
        "export-live" => {
            let settings = export_live::Settings::read(environment)?;
            (settings.service.clone(), export_live::app(settings, clock))
        }
        name => return Err(Error::configuration(format!("there is no function {name:?}"))),
    })
}

impl Functions {
    /// Starts every function on loopback, on ports from `first_port` on (0: any free ports), until the
    /// cloud stops.
    pub async fn start(cloud: &LocalCloud, first_port: u16, clock: &ReplayClock) -> Result<Self, Error> {
        let port = |offset| if first_port == 0 { 0 } else { first_port + offset };
        let start = async |name, port| {
            let (listener, own) = listen(port).await?;
            let environment = Environment::from_iter(variables(cloud, name, &own));
            let (_, router) = app(name, &environment, clock.for_functions())?;
            tokio::spawn(service::serve(listener, router, cloud.stop.clone().cancelled_owned()));
            Ok::<_, Error>(own)
        };
        Ok(Self {
            scrape_live_boxscores: start("scrape-live-boxscores", port(0)).await?,
            process_live_boxscores: start("process-live-boxscores", port(1)).await?,
            export_tonight: start("export-tonight", port(2)).await?,
            export_live: start("export-live", port(3)).await?,
        })
    }
}

/// A listener on loopback and its URL.
pub async fn listen(port: u16) -> Result<(TcpListener, Url), Error> {
    let refused = |error: std::io::Error| {
        Error::configuration(Detail::of(format!("cannot listen on 127.0.0.1:{port}"), error))
    };
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(refused)?;
    let port = listener.local_addr().map_err(refused)?.port();
    let url = Url::parse(&format!("http://127.0.0.1:{port}/"));
    Ok((listener, url.map_err(|error| Error::internal(error.to_string()))?))
}
