//! Short names for long keys.

use sha2::{Digest, Sha256};

/// The SHA-256 of `parts`, each ended by a line feed, in hexadecimal.
pub fn hex_digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update("\n");
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
