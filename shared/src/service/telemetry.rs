//! Logs: Cloud Logging's structured JSON on stdout, or plain lines in a terminal.
//!
//! Field names are those of <https://cloud.google.com/logging/docs/structured-logging>.

use std::io::IsTerminal;

use axum::http::HeaderMap;
use json_subscriber::JsonLayer;
use tracing::{Level, Span};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

/// Starts logging for this process; `RUST_LOG` changes what is shown (default `info`).
pub fn init() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter);
    // A second call (two functions in one test process) keeps the first subscriber.
    let _ = if std::io::stdout().is_terminal() {
        registry.with(tracing_subscriber::fmt::layer().with_target(false)).try_init()
    } else {
        let mut json = JsonLayer::stdout();
        json.with_timer("time", tracing_subscriber::fmt::time::SystemTime);
        json.add_dynamic_field("severity", |event, _| Some(severity(event.metadata().level())));
        json.with_target("target");
        json.with_flattened_event();
        json.with_top_level_flattened_span_list();
        registry.with(json).try_init()
    };
}

fn severity(level: &Level) -> &'static str {
    match *level {
        Level::ERROR => "ERROR",
        Level::WARN => "WARNING",
        Level::INFO => "INFO",
        Level::DEBUG | Level::TRACE => "DEBUG",
    }
}

/// The span of one invocation, which ties its log lines to Cloud Run's own request log.
pub fn invocation_span(function: &'static str, project: &str, headers: &HeaderMap) -> Span {
    let span = tracing::info_span!(
        "invocation",
        function,
        event_id = tracing::field::Empty,
        "logging.googleapis.com/trace" = tracing::field::Empty,
        "logging.googleapis.com/spanId" = tracing::field::Empty,
    );
    if let Some((trace, parent)) = trace_of(headers) {
        span.record("logging.googleapis.com/trace", format!("projects/{project}/traces/{trace}"));
        parent.map(|parent| span.record("logging.googleapis.com/spanId", parent));
    }
    span
}

/// The trace id (32 hexadecimal digits) of a request and, where it is given, the span id (16), from
/// `traceparent` (<https://www.w3.org/TR/trace-context/>) or `X-Cloud-Trace-Context: TRACE/SPAN;o=1`.
fn trace_of(headers: &HeaderMap) -> Option<(String, Option<String>)> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let hexadecimal =
        |text: &str, digits| text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit());
    let of_w3c = text("traceparent").and_then(|value| {
        let mut parts = value.split('-').skip(1);
        Some((parts.next()?.to_owned(), parts.next().map(str::to_owned)))
    });
    let of_google = text("x-cloud-trace-context").map(|value| {
        let (trace, rest) = value.split_once('/').unwrap_or((value, ""));
        let span = rest.split(';').next().and_then(|span| span.parse().ok());
        (trace.to_owned(), span.map(|span: u64| format!("{span:016x}")))
    });
    [of_w3c, of_google]
        .into_iter()
        .flatten()
        .find(|(trace, _)| hexadecimal(trace, 32))
        .map(|(trace, span)| (trace, span.filter(|span| hexadecimal(span, 16))))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn trace(headers: &[(&'static str, &'static str)]) -> Option<(String, Option<String>)> {
        let header = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        trace_of(&headers.iter().map(header).collect())
    }

    #[test]
    fn a_trace_is_read_from_either_header_and_from_nothing_else() {
        let (id, span) = ("0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7");
        let w3c = ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01");
        let google = ("x-cloud-trace-context", "0af7651916cd43dd8448eb211c80319c/67667974448284343;o=1");
        let full = Some((id.to_owned(), Some(span.to_owned())));
        assert_eq!(trace(&[w3c]), full);
        assert_eq!(trace(&[google]), full);
        assert_eq!(trace(&[("traceparent", "00-zz-00f067aa0ba902b7-01"), google]), full);
        assert_eq!(
            trace(&[("x-cloud-trace-context", "0af7651916cd43dd8448eb211c80319c")]),
            Some((id.to_owned(), None))
        );
        assert_eq!(trace(&[("traceparent", "00-zz-00f067aa0ba902b7-01")]), None);
        assert_eq!(trace(&[]), None);
    }
}
