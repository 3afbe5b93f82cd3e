//! Values that a query has joined into one text. BigQuery wraps every cell in ten bytes of JSON, so that many small
//! cells cost more than what is in them.

use std::str::{FromStr, Split};

/// The values of a text such as `27|345||-7`, in their order. Null is nothing.
///
/// ```
/// use shared::google::bigquery::Values;
///
/// let mut values = Values::of("27|34.5||O");
/// let (points, minutes): (Option<u32>, Option<f64>) = (values.next(), values.next());
/// assert_eq!((points, minutes), (Some(27), Some(34.5)));
/// assert_eq!(values.next::<i64>(), None);
/// assert_eq!(values.text(), "O");
/// ```
#[derive(Clone, Debug)]
pub struct Values<'a>(Split<'a, char>);

impl<'a> Values<'a> {
    /// The values of `text`.
    pub fn of(text: &'a str) -> Self {
        Self(text.split('|'))
    }

    /// The next value; `None` where it is null, is no `T` or is missing.
    #[allow(clippy::should_implement_trait, reason = "each value has a type of its own")]
    pub fn next<T: FromStr>(&mut self) -> Option<T> {
        self.text().parse().ok()
    }

    /// The next value as text; empty where it is null or missing.
    pub fn text(&mut self) -> &'a str {
        self.0.next().unwrap_or_default()
    }
}
