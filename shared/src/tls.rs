//! One TLS for every client of the process.

use rustls::crypto::{CryptoProvider, aws_lc_rs};

/// Chooses the cryptography of all TLS in this process. The clients of Google and BallDontLie are built
/// on different versions of one library that would each have to guess, and the first that cannot panics
/// at its first `https` call, which no test against loopback `http` sees.
pub(crate) fn choose_provider() {
    // An error says that it has been chosen before.
    let _ = CryptoProvider::install_default(aws_lc_rs::default_provider());
}
