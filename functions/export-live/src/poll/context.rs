//! What a poll is compared with.

use std::{collections::HashMap, sync::Arc};

use shared::{
    nba::{NbaGameId, TeamPair},
    slate::{ScheduledGame, Slate},
};

use crate::{
    live::{LiveGame, LivePlayer},
    names::Names,
};

/// What is known of the night beside a poll.
#[derive(Clone, Copy)]
pub(crate) struct PollContext<'a> {
    /// The public games; `None` where they cannot be read.
    pub public: Option<&'a [Arc<LiveGame>]>,
    pub names: &'a Names,
}

impl<'a> PollContext<'a> {
    /// The NBA's ids of the scheduled games.
    pub fn game_ids(&self) -> Vec<NbaGameId> {
        self.scheduled().map(|game| game.id.clone()).collect()
    }

    /// Whether the day has no game of the league, by the schedule and in public.
    pub fn has_no_games(&self) -> bool {
        self.slate().is_some_and(|slate| slate.games.is_empty()) && self.public.is_some_and(<[_]>::is_empty)
    }

    /// Whether public rows come from another source than BallDontLie, so that a poll has to be named before it is
    /// merged with them: the sources share no ids.
    pub fn mixes_sources(&self) -> bool {
        let lacks_id = |player: &LivePlayer| player.bdl_player_id.is_none();
        self.public.into_iter().flatten().any(|game| game.players.iter().any(lacks_id))
    }

    pub(super) fn known(&self) -> HashMap<TeamPair, &'a Arc<LiveGame>> {
        self.public.into_iter().flatten().map(|game| (game.pair(), game)).collect()
    }

    pub(super) fn slate(&self) -> Option<&'a Slate> {
        self.names.predicted.as_deref().map(|predicted| &predicted.slate)
    }

    pub(super) fn scheduled(&self) -> impl Iterator<Item = &'a ScheduledGame> {
        self.slate().into_iter().flat_map(|slate| &slate.games).map(|game| &game.scheduled)
    }
}
