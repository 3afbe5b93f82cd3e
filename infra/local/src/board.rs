//! The board, served beside the public JSON as in the public bucket: the page at `/`, the documents at
//! `/v1/…`.

use axum::{
    Router,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use include_dir::{Dir, include_dir};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/board");

/// The client of the contract's package, with which the page reads the documents.
static CLIENT: &[u8] = include_bytes!("../../contracts/typescript/client.js");

/// The page and its files.
pub fn router() -> Router {
    Router::new()
        .route("/", get(async || file("index.html")))
        .route("/{file}", get(async |Path(name): Path<String>| file(&name)))
}

fn file(name: &str) -> Response {
    let kind = match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let content = match name {
        "client.js" => Some(CLIENT),
        _ => FILES.get_file(name).map(|file| file.contents()),
    };
    match content {
        Some(content) => ([(header::CONTENT_TYPE, kind)], content).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
