//! What the official box score has corrected.

use std::collections::HashMap;

use shared::{
    nba::{PlayerLookup, StatType, Team},
    slate::Settled,
};

use super::{Correction, Document, Line};

/// The corrections of the lines that are settled officially, or by a box score after the day: those already listed in
/// the `previous` version, and the new ones. A correction that is taken back is left out.
pub(super) fn all(previous: &Document, lines: &[Line], is_day_over: bool) -> Vec<Correction> {
    let is_final = |line: &&Line| {
        line.settled == Settled::Official || (is_day_over && line.settled == Settled::Provisional)
    };
    let mut official = lines.iter().filter(is_final).peekable();
    if official.peek().is_none() {
        return Vec::new();
    }
    // What settled each line before this official box score, where that is known.
    let settled = previous.lines.iter().filter(|line| line.settled != Settled::Open);
    let mut settled_by: HashMap<Key<'_>, Option<u32>> =
        settled.map(|line| (key(line), line.actual)).collect();
    settled_by.extend(previous.corrections.iter().map(|it| (it.key(), it.from)));
    let corrected = official.filter_map(|line| {
        let from = *settled_by.get(&key(line))?;
        (from != line.actual).then(|| Correction {
            player_lookup: line.player_lookup.clone(),
            player_name: line.player_name.clone(),
            team: line.team.clone(),
            game_id: line.game_id.clone(),
            stat_type: line.stat_type,
            from,
            to: line.actual,
        })
    });
    corrected.collect()
}

/// What identifies a line of a day.
type Key<'a> = (&'a PlayerLookup, &'a Team, StatType);

fn key(line: &Line) -> Key<'_> {
    (&line.player_lookup, &line.team, line.stat_type)
}

impl Correction {
    fn key(&self) -> Key<'_> {
        (&self.player_lookup, &self.team, self.stat_type)
    }
}
