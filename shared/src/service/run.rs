//! The `main` of a function.

use std::{future::Future, process::ExitCode};

use axum::Router;
use tokio::net::TcpListener;

use super::{Settings, telemetry};
use crate::{Error, connections, env::Environment, error::Detail};

/// The `main` of a function: reads the configuration, makes the router, serves until SIGTERM.
///
/// Wrong configuration is one line on stderr and a non-zero exit before anything listens.
pub fn run(app: impl FnOnce(&Environment) -> Result<(Settings, Router), Error>) -> ExitCode {
    telemetry::init();
    connections::choose_tls_provider();
    let served = app(&Environment::of_process()).and_then(|(settings, router)| {
        let address = (settings.listen_address(), settings.port);
        let io = |error: std::io::Error| {
            Error::configuration(Detail::of(format!("cannot listen on {}:{}", address.0, address.1), error))
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(io)?;
        runtime.block_on(async {
            let listener = TcpListener::bind(address).await.map_err(io)?;
            let bound = listener.local_addr().map_err(io)?;
            tracing::info!("listening on {bound}");
            serve(listener, router, stop_signal()).await.map_err(io)
        })
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves `router` until `stop` resolves, then lets the requests in flight finish.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router).with_graceful_shutdown(stop).await
}

/// Resolves on SIGTERM, with which Cloud Run announces the end, and on Ctrl-C.
pub async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! { _ = interrupt => (), _ = terminate.recv() => () }
        }
        Err(_) => {
            let _ = interrupt.await;
        }
    }
}
