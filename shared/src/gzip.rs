//! Bodies compressed with gzip, as the public documents are stored.

use std::io::{self, Read, Write};

use bytes::Bytes;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};

/// The first bytes of every gzip file (RFC 1952); no JSON begins with them.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// `body` compressed at the fastest level, which takes a sixth of the bytes of a document.
pub fn compressed(body: &[u8]) -> io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body)?;
    Ok(encoder.finish()?.into())
}

/// The content of `body`, which may be compressed or not; an error where it is broken or has more than
/// `most` bytes.
///
/// ```
/// use shared::gzip;
///
/// let compressed = gzip::compressed(b"{}")?;
/// assert_eq!(&gzip::content(compressed, 100)?[..], b"{}");
/// assert_eq!(&gzip::content("[]".into(), 100)?[..], b"[]");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn content(body: Bytes, most: usize) -> io::Result<Bytes> {
    if !body.starts_with(&MAGIC) {
        return Ok(body);
    }
    let mut content = Vec::new();
    GzDecoder::new(&*body).take(most as u64 + 1).read_to_end(&mut content)?;
    if content.len() > most {
        return Err(io::Error::other(format!("larger than {most} bytes")));
    }
    Ok(content.into())
}
