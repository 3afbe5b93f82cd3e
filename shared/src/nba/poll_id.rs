//! The name of one poll of the live box scores.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike, NaiveDateTime, SubsecRound, Timelike, Utc};
use serde::{Deserialize, Serialize, Serializer};

/// The instant of a poll, to the second, written `20251227T213000Z`. Later polls compare greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct PollId(DateTime<Utc>);

/// A text that is not a poll id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a poll id in the form YYYYMMDDTHHMMSSZ")]
pub struct NotAPollId(String);

const FORM: &str = "%Y%m%dT%H%M%SZ";

impl PollId {
    /// The id of a poll at `instant`.
    pub fn at(instant: DateTime<Utc>) -> Self {
        Self(instant.trunc_subsecs(0))
    }

    /// The instant of the poll.
    pub fn instant(self) -> DateTime<Utc> {
        self.0
    }
}

impl PollId {
    /// The text, written digit by digit, because a timeline has thousands of them and chrono parses its
    /// format each time.
    fn text(self) -> [u8; 16] {
        let (date, time) = (self.0.date_naive(), self.0.time());
        let mut text = *b"00000000T000000Z";
        let year = date.year().clamp(0, 9999).unsigned_abs();
        for (place, width, mut number) in [
            (0, 4, year),
            (4, 2, date.month()),
            (6, 2, date.day()),
            (9, 2, time.hour()),
            (11, 2, time.minute()),
            (13, 2, time.second()),
        ] {
            for digit in text[place..place + width].iter_mut().rev() {
                *digit += u8::try_from(number % 10).unwrap_or_default();
                number /= 10;
            }
        }
        text
    }
}

impl fmt::Display for PollId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(str::from_utf8(&self.text()).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for PollId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(str::from_utf8(&self.text()).map_err(serde::ser::Error::custom)?)
    }
}

impl FromStr for PollId {
    type Err = NotAPollId;

    fn from_str(text: &str) -> Result<Self, NotAPollId> {
        // The length keeps chrono from reading years of other than four digits.
        let read = NaiveDateTime::parse_from_str(text, FORM).ok().filter(|_| text.len() == 16);
        // A leap second, :60, would not read back as it was written.
        read.map(|instant| Self(instant.and_utc()))
            .filter(|poll| poll.to_string() == text)
            .ok_or_else(|| NotAPollId(text.chars().take(40).collect()))
    }
}

impl TryFrom<String> for PollId {
    type Error = NotAPollId;

    fn try_from(text: String) -> Result<Self, NotAPollId> {
        text.parse()
    }
}

text_schema!(
    PollId,
    "^[0-9]{8}T[0-9]{6}Z$",
    "20251227T213000Z",
    "The second at which upstream was asked, UTC. Later polls compare greater."
);

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_poll_id_reads_back_and_orders_like_its_instant(a in 0_i64..4_000_000_000, b in 0_i64..4_000_000_000) {
            let id = |seconds| PollId::at(DateTime::from_timestamp(seconds, 999_999_999).expect("an instant"));
            proptest::prop_assert_eq!(id(a).to_string().parse(), Ok(id(a)));
            proptest::prop_assert_eq!(id(a).cmp(&id(b)), a.cmp(&b));
            proptest::prop_assert_eq!(id(a).to_string().cmp(&id(b).to_string()), a.cmp(&b));
        }

        #[test]
        fn any_text_is_a_poll_id_or_refused(text in "\\PC{0,20}") {
            if let Ok(poll) = text.parse::<PollId>() {
                proptest::prop_assert_eq!(poll.to_string(), text);
            }
        }
    }
}
