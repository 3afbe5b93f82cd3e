//! Google as a deployed function sees it: its own host names over TLS, and a metadata server for tokens.
//!
//! A function without emulator variables calls `https://storage.googleapis.com` and
//! `https://bigquery.googleapis.com`. A proxy (`HTTPS_PROXY`) answers for both with a certificate that the
//! function is configured to trust, and forwards the requests to a local cloud.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use local_cloud::functions::{authority, listen};
use reqwest::Url;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsAcceptor, rustls};

/// The hosts that the proxy impersonates.
const HOSTS: [&str; 3] = ["storage.googleapis.com", "bigquery.googleapis.com", "localhost"];

/// A certificate for Google's hosts and for `localhost`, in a folder that is deleted with its test.
#[derive(Debug)]
pub struct Trusted {
    folder: TempDir,
    key: Vec<u8>,
    certificate: rustls::pki_types::CertificateDer<'static>,
}

impl Default for Trusted {
    fn default() -> Self {
        let made = rcgen::generate_simple_self_signed(HOSTS.map(str::to_owned)).expect("a certificate");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("trusted.pem"), made.cert.pem()).expect("a file");
        Self { folder, key: made.signing_key.serialize_der(), certificate: made.cert.der().clone() }
    }
}

impl Trusted {
    /// The variable by which a single process trusts the certificate.
    pub fn variable(&self) -> (String, String) {
        let file = self.folder.path().join("trusted.pem");
        ("SSL_CERT_FILE".into(), file.to_string_lossy().into_owned())
    }

    /// Accepts TLS connections with the certificate.
    pub fn acceptor(&self) -> TlsAcceptor {
        let key = rustls::pki_types::PrivateKeyDer::try_from(self.key.clone()).expect("a key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|it| it.with_no_client_auth().with_single_cert(vec![self.certificate.clone()], key))
            .expect("a configuration");
        TlsAcceptor::from(Arc::new(config))
    }
}

/// A token of the metadata server, or another answer in its place.
#[derive(Clone, Debug)]
pub enum Token {
    /// A token that is valid for this many seconds.
    For(u32),
    /// Any answer.
    Answer(u16, &'static str),
    /// The request is taken and never answered.
    Silence,
}

#[derive(Debug)]
struct Script {
    tokens: VecDeque<Token>,
    asked: usize,
}

/// A metadata server.
#[derive(Clone, Debug)]
pub struct Metadata {
    url: Url,
    script: Arc<Mutex<Script>>,
}

impl Metadata {
    /// Starts a server that gives these tokens in turn, and then keeps giving the last one.
    pub async fn giving(tokens: impl IntoIterator<Item = Token>) -> Self {
        let script = Arc::new(Mutex::new(Script { tokens: tokens.into_iter().collect(), asked: 0 }));
        let (listener, url) = listen(0).await.expect("a port");
        let router = Router::new().fallback(metadata).with_state(script.clone());
        tokio::spawn(shared::service::serve(listener, router, std::future::pending()));
        Self { url, script }
    }

    /// The number of token requests so far.
    pub fn tokens_asked_for(&self) -> usize {
        self.script.lock().expect("the script").asked
    }
}

async fn metadata(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let flavor = [("metadata-flavor", "Google")];
    if !request.uri().path().ends_with("/service-accounts/default/token") {
        // Other metadata includes the universe domain, which Google's own server answers with an empty
        // body.
        return (flavor, "").into_response();
    }
    let (token, asked) = {
        let mut script = script.lock().expect("the script");
        script.asked += 1;
        let is_last = script.tokens.len() == 1;
        let token = if is_last { script.tokens.front().cloned() } else { script.tokens.pop_front() };
        (token, script.asked)
    };
    match token {
        Some(Token::Silence) => std::future::pending().await,
        Some(Token::For(seconds)) => {
            let body = format!(
                r#"{{"access_token":"token-{}","expires_in":{seconds},"token_type":"Bearer"}}"#,
                asked
            );
            ([("metadata-flavor", "Google"), ("content-type", "application/json")], body).into_response()
        }
        Some(Token::Answer(status, body)) => {
            (StatusCode::from_u16(status).expect("a status"), flavor, body).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The variables of the function `name` as in a deployment: no emulator, Google's own hosts behind a proxy
/// to the local cloud's `endpoint`, tokens from `metadata`.
pub async fn deployed(endpoint: &Url, trusted: &Trusted, metadata: &Metadata) -> Vec<(String, String)> {
    let proxy = proxy_to(endpoint.port().expect("a port"), trusted.acceptor()).await;
    let plain = [
        ("GOOGLE_CLOUD_PROJECT", "local".to_owned()),
        ("BIGQUERY_LOCATION", local_cloud::bigquery::LOCATION.to_owned()),
        ("INVOKER_AUTH", "none".to_owned()),
        ("HTTPS_PROXY", proxy.to_string()),
        ("GCE_METADATA_HOST", authority(metadata.url.as_str())),
    ];
    let plain = plain.map(|(name, value)| (name.to_owned(), value));
    plain.into_iter().chain([trusted.variable()]).collect()
}

/// A proxy that answers `CONNECT` to any host with TLS of its own and forwards the traffic to `port`.
async fn proxy_to(port: u16, acceptor: TlsAcceptor) -> Url {
    let (listener, url) = listen(0).await.expect("a port");
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(pass_on(connection, port, acceptor.clone()));
        }
    });
    url
}

async fn pass_on(mut connection: TcpStream, port: u16, acceptor: TlsAcceptor) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await?);
    }
    assert!(head.starts_with(b"CONNECT "), "only TLS goes through the proxy");
    connection.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    let mut outside = acceptor.accept(connection).await?;
    let mut inside = TcpStream::connect(("127.0.0.1", port)).await?;
    tokio::io::copy_bidirectional(&mut outside, &mut inside).await.map(drop)
}
