//! What the official box score has corrected.

use shared::slate::Settled;

use super::{Correction, Document, Line};

/// The corrections of the lines that are settled officially: those already told in the `previous` version, and
/// the new ones. A correction that is taken back is left out.
pub(super) fn all(previous: &Document, lines: &[Line]) -> Vec<Correction> {
    let official = lines.iter().filter(|line| line.settled == Settled::Official);
    let corrected = official.filter_map(|line| {
        let told = previous.corrections.iter().find(|it| it.is_of(line)).map(|it| it.from);
        let from = told.or_else(|| {
            let before = previous.lines.iter().find(|it| is_same(it, line))?;
            (before.settled == Settled::Provisional).then_some(before.actual)
        })?;
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

impl Correction {
    fn is_of(&self, line: &Line) -> bool {
        self.player_lookup == line.player_lookup && self.team == line.team && self.stat_type == line.stat_type
    }
}

fn is_same(one: &Line, other: &Line) -> bool {
    one.player_lookup == other.player_lookup && one.team == other.team && one.stat_type == other.stat_type
}
