//! The lines that the public grading has locked. Another instance may have read the tables later than this one, so the
//! public lines are kept where this instance's slate lacks them or has others, in the timeline too.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use shared::{
    nba::{NbaGameId, PlayerLookup, StatType, Team},
    slate::{self, Player, Prediction, Slate, VoidReason, may_be_one_name},
};

use super::{Document, Graded, Line};
use crate::{
    live,
    matchup::{self, Matchup},
};

/// The rows of a game whose lines are locked.
#[derive(Default)]
struct Rows<'a> {
    lines: Vec<&'a Line>,
    predictions: Vec<&'a Graded>,
}

/// The games of the slate with their box scores, and with the lines that the `public` versions of the grading, the newest
/// first, have locked. There are two where only one of the objects could be written: each may have what the other lacks.
pub(crate) fn matchups<'a>(
    live: &'a live::Document,
    slate: &'a Slate,
    public: &[Arc<Document>],
    now: DateTime<Utc>,
) -> Vec<Matchup<'a>> {
    let mut matchups = matchup::all(live, slate);
    for public in public.iter().rev() {
        keep_locked_lines(&mut matchups, public, now);
    }
    matchups
}

/// Gives each game of which `public` has locked lines these lines and predictions; further ones of the slate stay.
/// A game that has been moved to an hour after `now` is open again.
fn keep_locked_lines(matchups: &mut [Matchup<'_>], public: &Document, now: DateTime<Utc>) {
    let mut locked: HashMap<&NbaGameId, Rows<'_>> = HashMap::new();
    for line in public.lines.iter().filter(|line| line.locked) {
        locked.entry(&line.game_id).or_default().lines.push(line);
    }
    for graded in &public.predictions {
        if let Some(rows) = locked.get_mut(&graded.game_id) {
            rows.predictions.push(graded);
        }
    }
    for index in 0..matchups.len() {
        let rows = locked.get(&matchups[index].scheduled.id);
        let Some(rows) = rows.filter(|_| matchups[index].may_be_locked(now)) else { continue };
        matchups[index].lock();
        for line in &rows.lines {
            let named = (&line.player_lookup, line.player_name.as_str(), &line.team);
            if let Some(player) = find_or_add_player(matchups, index, named) {
                keep_line(player, line);
            }
        }
        for graded in &rows.predictions {
            let named = (&graded.player_lookup, graded.player_name.as_str(), &graded.team);
            if let Some(player) = find_or_add_player(matchups, index, named) {
                keep_prediction(player, graded, public.updated_at);
            }
        }
    }
}

/// The player of a public row in the game at `index`, who is added to it if no game has one who may be the same
/// person.
fn find_or_add_player<'m, 'a>(
    matchups: &'m mut [Matchup<'a>],
    index: usize,
    (lookup, name, team): (&PlayerLookup, &str, &Team),
) -> Option<&'m mut Cow<'a, Player>> {
    let is_same = |it: &Cow<'_, Player>| it.lookup == *lookup && it.team == *team;
    if let Some(place) = matchups[index].players.iter().position(is_same) {
        return Some(&mut matchups[index].players[place]);
    }
    let may_be_same =
        |it: &Cow<'_, Player>| it.lookup == *lookup || (it.team == *team && may_be_one_name(&it.name, name));
    if matchups.iter().flat_map(|matchup| &matchup.players).any(may_be_same) {
        return None;
    }
    let players = &mut matchups[index].players;
    players.push(Cow::Owned(Player::named(lookup.clone(), name.to_owned(), team.clone())));
    players.last_mut()
}

fn keep_line(player: &mut Cow<'_, Player>, row: &Line) {
    let known = player.lines().find(|line| line.stat_type == row.stat_type);
    let line = slate::Line {
        stat_type: row.stat_type,
        value: row.line,
        source: row.line_source,
        opening: Some(row.opening_line).filter(|opening| *opening != row.line),
        market: row.market_line,
        books: row.books,
        over_odds: row.over_odds,
        under_odds: row.under_odds,
    };
    if known == Some(&line) {
        return;
    }
    let player = player.to_mut();
    if line.stat_type == StatType::Points {
        player.line = Some(line);
        return;
    }
    player.other_lines.retain(|it| it.stat_type != line.stat_type);
    player.other_lines.push(line);
    player.other_lines.sort_by_key(|line| line.stat_type);
}

fn keep_prediction(player: &mut Cow<'_, Player>, row: &Graded, made_at: DateTime<Utc>) {
    let Graded { predicted, confidence, recommendation, .. } = *row;
    let known = player.prediction.as_ref();
    if known.is_some_and(|it| {
        (it.predicted, it.confidence, it.recommendation) == (predicted, confidence, recommendation)
    }) {
        return;
    }
    let player = player.to_mut();
    let prediction = player.prediction.get_or_insert_with(|| Prediction {
        predicted,
        confidence,
        recommendation,
        made_at,
        is_withdrawn: row.void_reason == Some(VoidReason::RuledOut),
        factors: Vec::new(),
    });
    (prediction.predicted, prediction.confidence, prediction.recommendation) =
        (predicted, confidence, recommendation);
}
