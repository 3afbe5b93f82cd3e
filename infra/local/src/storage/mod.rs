//! Cloud Storage over a directory: the part of its JSON API that the functions use, and the public URL
//! of the API bucket.

mod api;
mod multipart;
mod objects;

pub use api::router;
pub use objects::{Finalized, Object, Objects, Refused};
