//! Values of any JSON type, as the sources have sent them: an unreadable value costs only its field.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

/// The largest count that is believed: the most points of a team in an NBA game are 186.
const MAX_COUNT: i64 = 999;

/// A whole number in any spelling that means one: `25`, `25.0`, `"25"`, `" 25.0"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Number {
    /// Missing, null or an empty text.
    #[default]
    Missing,
    Of(i64),
    /// A value that is not a whole number.
    Unreadable,
}

impl Number {
    /// The number, if it can be read.
    pub fn known(self) -> Option<i64> {
        match self {
            Self::Of(number) => Some(number),
            Self::Missing | Self::Unreadable => None,
        }
    }

    /// The number as a count of a game; an error where it is none, because it is negative or has more digits than
    /// any score has had. Sums of counts cannot overflow.
    pub fn count(self) -> Result<Option<u32>, ()> {
        match self {
            Self::Missing => Ok(None),
            Self::Of(number @ 0..=MAX_COUNT) => Ok(u32::try_from(number).ok()),
            Self::Of(_) | Self::Unreadable => Err(()),
        }
    }

    fn of_fraction(number: f64) -> Self {
        // Beyond this a double does not hold every whole number.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        #[allow(clippy::cast_possible_truncation, reason = "checked")]
        if number.fract() == 0.0 && number.abs() < EXACT { Self::Of(number as i64) } else { Self::Unreadable }
    }

    /// The number that a text means.
    pub fn of_text(text: &str) -> Self {
        let text = text.trim();
        match (text.parse(), text.parse()) {
            _ if text.is_empty() => Self::Missing,
            (Ok(number), _) => Self::Of(number),
            (_, Ok(number)) => Self::of_fraction(number),
            _ => Self::Unreadable,
        }
    }
}

/// A text; a number or a boolean as it is written. Any other type counts as missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text<'a>(pub Option<Cow<'a, str>>);

impl Text<'_> {
    /// The text, if there is one.
    pub fn known(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// Accepts whatever type a field holds; the conversions interpret it.
struct Anything<T>(PhantomData<T>);

/// Conversions of each JSON type to the type of a field.
trait Loose<'de>: Default {
    fn of_integer(number: i64) -> Self;
    fn of_fraction(number: f64) -> Self;
    fn of_text(text: Cow<'de, str>) -> Self;
    fn of_boolean(value: bool) -> Self;
    fn of_anything_else() -> Self;
}

impl<'de> Loose<'de> for Number {
    fn of_integer(number: i64) -> Self {
        Self::Of(number)
    }

    fn of_fraction(number: f64) -> Self {
        Self::of_fraction(number)
    }

    fn of_text(text: Cow<'de, str>) -> Self {
        Self::of_text(&text)
    }

    fn of_boolean(_: bool) -> Self {
        Self::Unreadable
    }

    fn of_anything_else() -> Self {
        Self::Unreadable
    }
}

impl<'de> Loose<'de> for Text<'de> {
    fn of_integer(number: i64) -> Self {
        Self(Some(number.to_string().into()))
    }

    fn of_fraction(number: f64) -> Self {
        // Others have hundreds of digits.
        let is_short = number == 0.0 || (1e-9..1e15).contains(&number.abs());
        Self(is_short.then(|| number.to_string().into()))
    }

    fn of_text(text: Cow<'de, str>) -> Self {
        Self(Some(text))
    }

    fn of_boolean(value: bool) -> Self {
        Self(Some(if value { "true" } else { "false" }.into()))
    }

    fn of_anything_else() -> Self {
        Self(None)
    }
}

impl<'de, T: Loose<'de>> Visitor<'de> for Anything<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<T, E> {
        Ok(T::of_boolean(value))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        Ok(T::of_integer(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        Ok(i64::try_from(number).map_or_else(|_| T::of_anything_else(), T::of_integer))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        Ok(T::of_fraction(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Ok(T::of_text(Cow::Owned(text.to_owned())))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<T, E> {
        Ok(T::of_text(Cow::Borrowed(text)))
    }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<T, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(T::of_anything_else())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<T, A::Error> {
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(T::of_anything_else())
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything(PhantomData))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text: Text<'de> = deserializer.deserialize_any(Anything(PhantomData))?;
        Ok(text)
    }
}

/// Reads an object. Where a key is written twice the last value counts, as for most readers of JSON; the object is
/// `rewritten` then, with each key once.
pub(super) fn object<'a, T: Deserialize<'a>>(
    json: &'a str,
    rewritten: &'a mut Option<String>,
) -> Result<T, String> {
    serde_json::from_str(json).or_else(|error: serde_json::Error| {
        let once: serde_json::Value = serde_json::from_str(json).map_err(|_| error.to_string())?;
        serde_json::from_str(rewritten.insert(once.to_string())).map_err(|error| error.to_string())
    })
}

/// The items of a list, unread; none where there is something else than a list.
pub(super) fn list<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<&'de RawValue>>, D::Error> {
    let raw: Option<&RawValue> = Option::deserialize(deserializer)?;
    Ok(raw.and_then(|raw| serde_json::from_str(raw.get()).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_in_every_spelling_that_means_it() {
        let read = |json: &str| serde_json::from_str::<Number>(json).expect("anything");
        for json in ["25", "25.0", "2.5e1", "\"25\"", "\" 25 \"", "\"25.0\"", "\"025\""] {
            assert_eq!(read(json), Number::Of(25), "{json}");
        }
        for json in ["null", "\"\"", "\" \""] {
            assert_eq!(read(json), Number::Missing, "{json}");
        }
        for json in ["25.5", "true", "\"many\"", "[25]", "{\"n\":25}", "1e300", "\"NaN\""] {
            assert_eq!(read(json), Number::Unreadable, "{json}");
        }
    }

    #[test]
    fn a_text_is_what_is_written_and_nothing_costs_more_than_itself() {
        let read =
            |json: &str| serde_json::from_str::<Text<'_>>(json).expect("anything").0.map(Cow::into_owned);
        assert_eq!(read("\"37\""), Some("37".into()));
        assert_eq!(read("37"), Some("37".into()));
        assert_eq!(read("37.0"), Some("37".into()));
        assert_eq!([read("null"), read("[]"), read("{\"m\":{\"x\":[1]}}")], [None, None, None]);
    }
}
