//! The name of one poll of the live box scores.

use std::{fmt, str::FromStr};

use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize};

/// The instant of a poll, to the second, written `20251227T213000Z`. Later polls compare greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PollId(DateTime<Utc>);

/// A text that is no poll id.
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

impl fmt::Display for PollId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.format(FORM).fmt(f)
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

impl From<PollId> for String {
    fn from(poll: PollId) -> Self {
        poll.to_string()
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
