//! One poll of a day: the games that upstream sent, and the document that they make over what was public.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use shared::{
    Error,
    balldontlie::{Game, Games, Polled, read_games},
    nba::{PollId, SlateDay},
};

use crate::{
    live::{Document, LiveGame},
    names::{Directory, Schedule},
};

/// What BigQuery knows of players and games, as far as it could be had.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Who BallDontLie's players are.
    pub directory: Arc<Directory>,
    /// What the NBA calls the day's games.
    pub schedule: Arc<Schedule>,
}

/// One poll of a day.
#[derive(Debug)]
pub struct Poll {
    /// The slate day.
    pub day: SlateDay,
    /// Whether it is tonight's, so that it becomes `latest.json` too.
    pub is_today: bool,
    /// When upstream was asked; the version of the documents.
    pub at: DateTime<Utc>,
    games: Vec<Arc<LiveGame>>,
    /// Whether every game upstream sent could be read, so that a missing one is really missing.
    is_whole: bool,
    /// Whether the dated endpoint has been asked for what the live one no longer lists.
    asked_by_date: bool,
}

impl Poll {
    /// The games of `day` in what upstream answered, to the live endpoint if the day is today's, else to
    /// the dated one. An answer of which nothing can be read is an error: upstream's failure, not an empty
    /// night.
    pub fn of(day: SlateDay, is_today: bool, upstream: &Polled, names: &Names) -> Result<Self, Error> {
        let (games, is_whole) = games_of(day, &upstream.games)?;
        let games = names.apply(games).collect();
        Ok(Self { day, is_today, at: upstream.at, games, is_whole, asked_by_date: !is_today })
    }

    /// Whether the dated endpoint has to be asked before this poll is published: a public game that has
    /// not ended is missing, or the public games (`None`) cannot be read. Asked once, it is not again.
    pub(crate) fn lacks(&mut self, public: Option<&[Arc<LiveGame>]>) -> bool {
        let lacks = !self.asked_by_date
            && public.is_none_or(|public| {
                let listed = self.ids();
                public.iter().any(|game| !game.is_settled() && !listed.contains(game.game_id.as_str()))
            });
        self.asked_by_date |= lacks;
        lacks
    }

    /// Adds the games of the dated endpoint's answer that this poll has not and that were public; all of
    /// them where that is not known.
    pub(crate) fn settle(
        &mut self,
        upstream: &Polled,
        public: Option<&[Arc<LiveGame>]>,
        names: &Names,
    ) -> Result<(), Error> {
        let (mut games, is_whole) = games_of(self.day, &upstream.games)?;
        let listed = self.ids();
        let was_public = |id: &str| public.is_none_or(|known| known.iter().any(|it| it.game_id == id));
        games.retain(|game| !listed.contains(game.id.as_str()) && was_public(&game.id));
        self.games.extend(names.apply(games));
        self.is_whole &= is_whole;
        Ok(())
    }

    /// The end of a game that has vanished cannot be had: everything public is kept as it was.
    pub(crate) fn leave_unsettled(&mut self) {
        self.is_whole = false;
    }

    /// The poll's document over what was public: what upstream no longer lists of games that have begun
    /// stays, and so does a game that upstream has gone back in.
    pub fn document_over(&self, public: Option<&[Arc<LiveGame>]>, updated_at: DateTime<Utc>) -> Document {
        let known: HashMap<&str, &Arc<LiveGame>> =
            public.into_iter().flatten().map(|game| (game.game_id.as_str(), game)).collect();
        let polled = self.games.iter().map(|game| match known.get(game.game_id.as_str()) {
            Some(known) if game.is_behind(known) => {
                tracing::warn!(game = game.game_id, "upstream has gone back in a game; kept as it was");
                Arc::clone(known)
            }
            Some(known) if game.nba_game_id.is_none() && known.nba_game_id.is_some() => {
                Arc::new(LiveGame { nba_game_id: known.nba_game_id.clone(), ..LiveGame::clone(game) })
            }
            _ => game.clone(),
        });
        let listed = self.ids();
        let stays = |game: &&Arc<LiveGame>| {
            !listed.contains(game.game_id.as_str())
                && (game.is_settled() || game.has_begun() || !self.is_whole)
        };
        let kept = public.into_iter().flatten().filter(stays).cloned();
        Document::new(self.day, PollId::at(self.at), updated_at, polled.chain(kept).collect())
    }

    fn ids(&self) -> HashSet<&str> {
        self.games.iter().map(|game| game.game_id.as_str()).collect()
    }
}

impl Names {
    fn apply(&self, games: Vec<Game>) -> impl Iterator<Item = Arc<LiveGame>> {
        games.into_iter().map(|game| Arc::new(LiveGame::of(game, &self.directory, &self.schedule)))
    }
}

/// The games of `day` among what upstream sent, and whether all of it could be read.
fn games_of(day: SlateDay, upstream: &Games) -> Result<(Vec<Game>, bool), Error> {
    let (mut games, rejected) = read_games(upstream.iter().map(AsRef::as_ref));
    for rejected in &rejected {
        tracing::warn!(
            what = rejected.what,
            reason = rejected.reason,
            "part of the box scores cannot be read"
        );
    }
    if games.is_empty() && !upstream.is_empty() {
        let reason = rejected.first().map_or("", |first| first.reason.as_str());
        return Err(Error::BallDontLie(format!("none of {} games can be read: {reason}", upstream.len())));
    }
    games.retain(|game| game.day == day);
    Ok((games, rejected.is_empty()))
}
