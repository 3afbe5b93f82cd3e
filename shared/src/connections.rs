//! Settings common to the connections of all clients in the process.

use std::time::Duration;

use rustls::crypto::{CryptoProvider, aws_lc_rs};

/// How long a connection without a request is kept. Longer than the three minutes between two snapshots while no game
/// is on: with the clients' own 90 seconds, each of them would begin with a handshake.
pub(crate) const IDLE: Duration = Duration::from_secs(240);

/// Chooses the cryptography of all TLS in this process. The clients of Google and BallDontLie are built
/// on different versions of one library that would each have to guess, and the first that cannot panics
/// at its first `https` call, which no test against loopback `http` sees.
pub(crate) fn choose_tls_provider() {
    // An error means that a provider has already been chosen.
    let _ = CryptoProvider::install_default(aws_lc_rs::default_provider());
}
