//! The NBA domain: types for nights, teams, players and games, parsed once when data enters.

/// Implements `JsonSchema` for a type that is serialised as text.
macro_rules! text_schema {
    ($type:ident, $pattern:literal, $example:literal, $description:literal) => {
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "pattern": $pattern,
                    "description": $description,
                    "examples": [$example],
                })
            }
        }
    };
}

mod elapsed;
mod game_id;
mod game_state;
mod minutes;
mod player_lookup;
mod poll_id;
mod scoreboard;
mod season;
mod slate_day;
mod stat_type;
mod team;

pub use elapsed::{OVERTIME_SECONDS, QUARTER_SECONDS, elapsed_range, elapsed_seconds, overtimes};
pub use game_id::{NbaGameId, NotAGameId, WarehouseGameId};
pub use game_state::{
    CANCELLED, GameState, GameStatus, HALFTIME, LISTED_BEFORE_TIP_OFF, MAX_GAME_DURATION, POSTPONED,
    UpstreamClock, final_text, period_text,
};
pub(crate) use minutes::iso_parts;
pub use minutes::{minutes_decimal, minutes_text};
pub use player_lookup::PlayerLookup;
pub use poll_id::PollId;
pub(crate) use scoreboard::CalledOff;
pub use season::Season;
pub use slate_day::{SlateDay, TargetDay};
pub use stat_type::{Counts, StatType};
pub use team::{Team, TeamPair, game_name};
