//! The teams of a poll's games, corrected by what the schedule and the public scores say.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use shared::{
    nba::{NbaGameId, Team, TeamPair},
    slate::ScheduledGame,
};

use super::{Poll, PollContext};
use crate::live::LiveGame;

impl Poll {
    /// This poll with the wrong team codes of its games corrected: a game that neither the schedule nor the public scores
    /// have, under the id of one that they have with one of its teams, is that game. Each home team is the schedule's.
    pub(crate) fn with_teams(mut self, context: PollContext<'_>) -> Self {
        let known = context.known();
        let listed: HashSet<TeamPair> = self.games.iter().map(|game| game.pair()).collect();
        let by_id = known.values().map(|game| (game.game_id.as_str(), [&game.home_team, &game.away_team]));
        let by_nba_id = context.scheduled().map(|game| (game.id.as_str(), [&game.home, &game.away]));
        let teams_of: HashMap<&str, [&Team; 2]> = by_nba_id.chain(by_id).collect();
        let scheduled: HashSet<TeamPair> = context.scheduled().map(ScheduledGame::pair).collect();
        for game in &mut self.games {
            if known.contains_key(&game.pair()) || scheduled.contains(&game.pair()) {
                continue;
            }
            let ids = [Some(game.game_id.as_str()), game.nba_game_id.as_ref().map(NbaGameId::as_str)];
            let Some(teams) = ids.into_iter().flatten().find_map(|id| teams_of.get(id)) else { continue };
            if listed.contains(&TeamPair::of(teams[0], teams[1])) {
                continue;
            }
            if let Some(corrected) = game.with_wrong_team_corrected(*teams) {
                tracing::warn!(game = game.game_id, home = %game.home_team, away = %game.away_team, "a game has a wrong team code; its id says which game it is");
                *game = Arc::new(corrected);
            }
        }
        self.with_home_teams(context)
    }

    /// This poll with each game's home team as in the schedule, else as in public: sources disagree about neutral
    /// ground.
    fn with_home_teams(mut self, context: PollContext<'_>) -> Self {
        let mut homes: HashMap<TeamPair, &Team> =
            context.known().into_iter().map(|(pair, game)| (pair, &game.home_team)).collect();
        homes.extend(context.scheduled().map(|game| (game.pair(), &game.home)));
        for game in &mut self.games {
            if let Some(home) = homes.get(&game.pair()).filter(|home| ***home != game.home_team) {
                *game = Arc::new(LiveGame::clone(game).with_home_team(home));
            }
        }
        self
    }
}
