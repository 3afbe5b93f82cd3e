//! The warehouse's identification of players and games that BallDontLie names by its own ids.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use serde::Deserialize;
use shared::{
    Error,
    google::bigquery::{BigQuery, Parameter},
    nba::{NbaGameId, PlayerLookup, SlateDay, Team, TeamPair},
    slate::people::{BoxRow, Directory, Identity, Named, SourceId, identify},
};

use crate::{
    live::{InactivePlayer, LiveGame, LivePlayer},
    predicted::Predicted,
};

/// BigQuery's knowledge of players and games, as far as it was available.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Players by BallDontLie id.
    pub directory: Arc<Directory>,
    /// Tonight's games, players and predictions.
    pub predicted: Option<Arc<Predicted>>,
}

/// Reads the players of all box scores since the season's start.
pub async fn directory(bigquery: &BigQuery, season_start: SlateDay) -> Result<Directory, Error> {
    #[derive(Deserialize)]
    struct Row {
        bdl_player_id: i64,
        player_lookup: String,
        player_full_name: String,
    }
    let parameters = [Parameter::date("season_start", season_start)];
    let rows: Vec<Row> = bigquery.query(include_str!("../sql/player_directory.sql"), &parameters).await?;
    let player = |row: Row| {
        let lookup = PlayerLookup::of_stored(&row.player_lookup, Some(&row.player_full_name)).ok()?;
        Some((row.bdl_player_id, Named { lookup, name: row.player_full_name }))
    };
    Ok(rows.into_iter().filter_map(player).collect())
}

impl Names {
    /// Gives the games their NBA ids, and each row the name, lookup and team that its player has in every
    /// document. A player who cannot be identified now keeps the identity in the `public` document.
    pub(crate) fn apply(
        &self,
        mut games: Vec<Arc<LiveGame>>,
        public: Option<&[Arc<LiveGame>]>,
    ) -> Vec<Arc<LiveGame>> {
        let slate = self.predicted.as_deref().map(|predicted| &predicted.slate);
        let pairs: Vec<TeamPair> = games.iter().map(|game| game.pair()).collect();
        let rows = games.iter().zip(&pairs).flat_map(|(game, pair)| {
            let rows = game.players.iter().map(move |player| BoxRow {
                bdl_id: player.bdl_player_id,
                nba_id: player.nba_player_id,
                lookup: &player.player_lookup,
                name: &player.name,
                team: &player.team,
                on_both_sides: player.on_both_sides,
                game: pair,
            });
            rows.chain(game.without_a_row().map(move |player| BoxRow {
                bdl_id: None,
                nba_id: Some(player.nba_player_id),
                lookup: &player.player_lookup,
                name: &player.name,
                team: &player.team,
                on_both_sides: false,
                game: pair,
            }))
        });
        let rows: Vec<BoxRow<'_>> = rows.collect();
        let public = public.into_iter().flatten();
        let begun: HashSet<TeamPair> =
            public.clone().filter(|game| game.has_begun()).map(|game| game.pair()).collect();
        let earlier = public.flat_map(|game| &game.players).flat_map(|player| {
            let (lookup, team) = (player.player_lookup.clone(), player.team.clone());
            let identity = Identity { lookup, name: Some(player.name.clone()), team };
            let ids =
                [player.bdl_player_id.map(SourceId::BallDontLie), player.nba_player_id.map(SourceId::Nba)];
            ids.into_iter().flatten().map(move |id| (id, identity.clone()))
        });
        let earlier: HashMap<SourceId, Identity> = earlier.collect();
        let mut identities = identify(&rows, &self.directory, slate, &earlier).into_iter();
        let scheduled = slate.into_iter().flat_map(|slate| &slate.games);
        let ids: HashMap<TeamPair, &NbaGameId> =
            scheduled.map(|game| (game.scheduled.pair(), &game.scheduled.id)).collect();
        for (game, pair) in games.iter_mut().zip(&pairs) {
            let of_game: Vec<Identity> = identities.by_ref().take(game.players.len()).collect();
            let without_a_row: Vec<Identity> =
                identities.by_ref().take(game.without_a_row().count()).collect();
            let is_new = |(player, identity): (&_, &Identity)| !is_same(player, identity);
            let id = ids.get(pair).copied();
            let is_id_new = id.is_some() && game.nba_game_id.as_ref() != id;
            if is_id_new || !game.inactive.is_empty() || game.players.iter().zip(&of_game).any(is_new) {
                let game = Arc::make_mut(game);
                game.rename_inactive(&of_game, without_a_row);
                game.nba_game_id = id.cloned().or_else(|| game.nba_game_id.take());
                // A game that is public keeps the id that it has there.
                if let Some(id) = id.filter(|_| game.has_nba_id_only() && !begun.contains(pair)) {
                    game.game_id = id.to_string();
                }
                game.rename(of_game);
            }
        }
        games
    }
}

fn is_same(player: &LivePlayer, identity: &Identity) -> bool {
    player.player_lookup == identity.lookup && player.team == identity.team && identity.name.is_none()
}

impl LiveGame {
    /// The inactive players without a row, as before tip-off.
    fn without_a_row(&self) -> impl Iterator<Item = &InactivePlayer> {
        self.inactive.iter().filter(|inactive| !self.players.iter().any(|player| inactive.is_of(player)))
    }

    /// Renames the inactive players: as their rows, of the identities `of_rows`, or those `without_a_row`, in order.
    fn rename_inactive(&mut self, of_rows: &[Identity], without_a_row: Vec<Identity>) {
        let mut without_a_row = without_a_row.into_iter();
        for inactive in &mut self.inactive {
            let row = self.players.iter().position(|player| inactive.is_of(player));
            let identity = match row {
                Some(row) => of_rows.get(row).cloned(),
                None => without_a_row.next(),
            };
            let Some(identity) = identity else { continue };
            inactive.player_lookup = identity.lookup;
            inactive.team = identity.team;
            inactive.name = identity.name.unwrap_or_else(|| std::mem::take(&mut inactive.name));
        }
    }

    /// Renames each row. A player who was kept under another spelling is merged with the listed one.
    fn rename(&mut self, identities: Vec<Identity>) {
        for (player, identity) in self.players.iter_mut().zip(identities) {
            player.player_lookup = identity.lookup;
            player.team = identity.team;
            player.name = identity.name.unwrap_or_else(|| std::mem::take(&mut player.name));
        }
        let mut merged: Vec<LivePlayer> = Vec::with_capacity(self.players.len());
        let mut place: HashMap<(PlayerLookup, Team), usize> = HashMap::with_capacity(self.players.len());
        for player in std::mem::take(&mut self.players) {
            let key = (player.player_lookup.clone(), player.team.clone());
            match place.get(&key).and_then(|place| merged.get_mut(*place)) {
                Some(known) if known.is_row_of_another_source(&player) => known.merge(player),
                _ => {
                    place.insert(key, merged.len());
                    merged.push(player);
                }
            }
        }
        self.players = merged;
        self.sort_players();
    }
}
