//! Assembly of a slate: each row finds its game and player by an index, so that the time is linear in the
//! number of rows.

use std::{cell::LazyCell, collections::HashMap};

use chrono::{DateTime, Utc};

use super::{
    Absent, ByPlayer, Context, Expected, Game, Injury, Line, Player, Registry, ScheduledGame, Slate,
    Unplaced, agree, line,
    market::{self, Market},
    prediction,
    registry::title_case,
    spelling::{is_lookup_of, is_one_name},
};
use crate::nba::{NbaGameId, PlayerLookup, SlateDay, StatType, Team, TeamPair, WarehouseGameId};

/// A player's position: the index of the game, and of the player in it.
type Place = (usize, usize);

/// Where a prediction's player is on the slate.
enum Found {
    At(Place),
    /// One of several players with the same name.
    Ambiguous,
    /// In no game of the day, by any table.
    Nowhere,
}

/// A slate under assembly.
pub(super) struct Assembly {
    pub slate: Slate,
    day: SlateDay,
    /// The game of each team; a team plays once a day.
    game_by_team: HashMap<Team, usize>,
    game_by_id: HashMap<NbaGameId, usize>,
    /// The positions of the players with a lookup; namesakes are several.
    places_by_lookup: HashMap<PlayerLookup, Vec<Place>>,
}

impl Assembly {
    /// Starts with the games, without players.
    pub fn new(
        day: SlateDay,
        schedule: Vec<ScheduledGame>,
        registry: Registry,
        injuries: ByPlayer<Injury>,
    ) -> Self {
        let (mut game_by_team, mut game_by_id) = (HashMap::new(), HashMap::new());
        for (index, game) in schedule.iter().enumerate() {
            game_by_id.insert(game.id.clone(), index);
            for team in [&game.home, &game.away] {
                game_by_team.entry(team.clone()).or_insert(index);
            }
        }
        let game = |scheduled| Game { scheduled, players: Vec::new(), is_locked: false, absent_since: None };
        let games = schedule.into_iter().map(game).collect();
        let slate = Slate { games, registry, injuries, ..Slate::default() };
        Self { slate, day, game_by_team, game_by_id, places_by_lookup: HashMap::new() }
    }

    /// Adds every expected player.
    pub fn add_expected_players(&mut self, rows: Vec<Expected>) {
        for row in rows {
            if !self.expect_one(&row) {
                tracing::warn!(
                    player = %row.player_lookup,
                    team = %row.team_abbr,
                    "an expected player is in no game of the day; the row is skipped"
                );
            }
        }
    }

    /// Adds an expected player once; `false` where the game or the player is unknown.
    fn expect_one(&mut self, row: &Expected) -> bool {
        let registry = &self.slate.registry;
        let (Some(lookup), Ok(team)) = (
            registry.lookup_of_id(row.universal_player_id.as_deref(), &row.player_lookup),
            Team::of_code(&row.team_abbr),
        ) else {
            return false;
        };
        // A team plays once a day, so it identifies the game; the table's game ids have two forms and typos.
        let Some(index) = self.game_by_team.get(&team).copied() else { return false };
        let other_name = || registry.teammate_spelled(&lookup, &team);
        let lookup = if registry.count(&lookup) == 0 { other_name().unwrap_or(lookup) } else { lookup };
        let person = registry.person(&lookup, row.universal_player_id.as_deref(), Some(&team));
        let player = Player {
            universal_id: row.universal_player_id.clone(),
            name: person.map_or_else(|| title_case(&lookup), |person| person.name.clone()),
            position: person.and_then(|person| person.position.clone()),
            lookup,
            team,
            context: Context::Analysis,
            // Negative where a game after tonight's was counted as the last one (FAILURES.md, F42).
            days_rest: row.days_rest.filter(|days| *days >= 0),
            prediction: None,
            line: None,
            other_lines: Vec::new(),
            absent: Absent::default(),
        };
        // Rows come newest first: of two teams that expect the same player, the later row decides.
        if !self.has(&player) {
            self.add(index, player);
        }
        true
    }

    /// Fills a team without expected players from the registry (FAILURES.md, F10, F55), except those who are
    /// expected with another team.
    pub fn fill_rosters(&mut self) {
        let rosters = LazyCell::new(|| self.slate.registry.rosters());
        let mut roster_players: Vec<(usize, Player)> = Vec::new();
        for (index, game) in self.slate.games.iter().enumerate() {
            for team in [&game.scheduled.home, &game.scheduled.away] {
                if !game.players.iter().any(|player| player.team == *team) {
                    tracing::warn!(%team, game = %game.scheduled.id, "no player of a team is expected; the registry's roster is used");
                    let roster = rosters.get(team).into_iter().flatten();
                    let roster = roster.map(|person| Player::on_roster(person, team));
                    roster_players
                        .extend(roster.filter(|player| !self.has(player)).map(|player| (index, player)));
                }
            }
        }
        for (game, player) in roster_players {
            self.add(game, player);
        }
    }

    /// Gives each player the line and the prediction of the day.
    pub fn assign_lines_and_predictions(&mut self, rows: &[prediction::Row], offered: &[market::Row]) {
        let mut predictions: HashMap<Place, prediction::Rows<'_>> = HashMap::new();
        let mut elsewhere: Vec<(&prediction::Row, PlayerLookup)> = Vec::new();
        for row in rows {
            let Some(lookup) =
                self.slate.registry.lookup_of_id(row.universal_player_id.as_deref(), &row.player_lookup)
            else {
                tracing::warn!(player = %row.player_lookup, "a prediction names no readable player; it is skipped");
                continue;
            };
            match self.place(row, &lookup) {
                Found::At(place) => predictions.entry(place).or_default().add(row),
                Found::Nowhere => elsewhere.push((row, lookup)),
                Found::Ambiguous => tracing::warn!(
                    player = %row.player_lookup,
                    game = %row.game_id,
                    "a prediction fits several players of the same name; it is skipped"
                ),
            }
        }
        // After the rows under the players' own lookups, which take precedence.
        elsewhere.retain(|(row, lookup)| match self.find_by_other_spelling(row, lookup) {
            Some(place) => {
                predictions.entry(place).or_default().add(row);
                false
            }
            None => row.is_active,
        });
        let unplaced = elsewhere;
        let day = self.day;
        let mut by_lookup: HashMap<PlayerLookup, Vec<&market::Row>> = HashMap::new();
        for row in offered {
            // The name supplies letters that the lookup has lost.
            let Some(lookup) = self.slate.registry.lookup_of(&row.player_lookup, &row.player_name) else {
                continue;
            };
            let lookup = self.teammate_by_other_spelling(row, &lookup).unwrap_or(lookup);
            by_lookup.entry(lookup).or_default().push(row);
        }
        let offers = |lookup: &PlayerLookup| by_lookup.get(lookup).map(Vec::as_slice).unwrap_or_default();
        let Slate { games, injuries, .. } = &mut self.slate;
        for (game_index, game) in games.iter_mut().enumerate() {
            let tip_off = game.scheduled.tip_off;
            for (index, player) in game.players.iter_mut().enumerate() {
                let is_out = || injuries.of(player).is_some_and(Injury::is_out);
                let rows = predictions.get(&(game_index, index)).copied().unwrap_or_default();
                let row = rows.published(tip_off, is_out());
                let is_alone =
                    self.places_by_lookup.get(&player.lookup).is_some_and(|places| places.len() == 1);
                let offers = of_one_player(offers(&player.lookup), &player.team, is_alone);
                player.line =
                    line::points(row.map(|(row, _)| row), &market(StatType::Points, day, &offers, tip_off));
                player.other_lines = other_lines(day, &offers, tip_off);
                player.prediction = row.map(|(row, is_withdrawn)| prediction::Prediction {
                    is_withdrawn,
                    ..row.against(player.line.as_ref())
                });
            }
        }
        // Of several rows about one player the first takes precedence.
        for (row, lookup) in unplaced {
            let offers = offers(&lookup);
            let unplaced = self.unplaced(row, lookup, offers);
            if !self.slate.unplaced.iter().any(|known| known.player.is_same(&unplaced.player)) {
                self.slate.unplaced.push(unplaced);
            }
        }
    }

    /// The prediction of a player whom no table places in a game of the day, with what it says about the
    /// game.
    fn unplaced(&self, row: &prediction::Row, lookup: PlayerLookup, offers: &[&market::Row]) -> Unplaced {
        let id = WarehouseGameId::read(&row.game_id).ok();
        let game = id.as_ref().and_then(|id| self.game(id)).map(|index| &self.slate.games[index].scheduled);
        let pair = game.map(ScheduledGame::pair).or_else(|| match &id {
            Some(WarehouseGameId::Teams { away, home, .. }) => Some(TeamPair::of(home, away)),
            _ => None,
        });
        let game_id = game.map(|game| game.id.clone()).or_else(|| match id {
            Some(WarehouseGameId::Nba(id)) => Some(id),
            _ => None,
        });
        let person = self.slate.registry.person(&lookup, row.universal_player_id.as_deref(), None);
        let plays = |team: &Team| pair.as_ref().is_none_or(|pair| pair.teams().contains(&team));
        let offered = offers.iter().find_map(|offered| Team::of_code(&offered.player_team).ok());
        let of_registry = person.and_then(|person| person.team.clone());
        let first = || pair.as_ref().map(|pair| pair.teams()[0].clone());
        let team = of_registry.into_iter().chain(offered).find(plays).or_else(first);
        let tip_off = game.and_then(|game| game.tip_off);
        let line = line::points(Some(row), &market(StatType::Points, self.day, offers, tip_off));
        let player = Player {
            universal_id: row.universal_player_id.clone(),
            name: person.map_or_else(|| title_case(&lookup), |person| person.name.clone()),
            position: person.and_then(|person| person.position.clone()),
            // Without any evidence of the team, the box score decides.
            team: team.unwrap_or_else(Team::unknown),
            lookup,
            context: Context::Roster,
            days_rest: None,
            prediction: Some(row.against(line.as_ref())),
            line,
            other_lines: other_lines(self.day, offers, tip_off),
            absent: Absent::default(),
        };
        Unplaced { player, game_id, pair }
    }

    /// Finds the player and the game of a prediction. An unexpected player joins the registry's team, so that
    /// challenges on the player can be made and graded.
    fn place(&mut self, row: &prediction::Row, lookup: &PlayerLookup) -> Found {
        let named = WarehouseGameId::read(&row.game_id).ok().and_then(|id| self.game(&id));
        let namesakes: Vec<Place> = self
            .places(lookup)
            .iter()
            .copied()
            .filter(|place| agree(&self.player(*place).universal_id, &row.universal_player_id))
            .collect();
        let in_named: Vec<Place> =
            namesakes.iter().copied().filter(|(game, _)| named.is_none_or(|named| *game == named)).collect();
        let certain = in_named.iter().copied().find(|place| {
            let id = &self.player(*place).universal_id;
            id.is_some() && *id == row.universal_player_id
        });
        match (certain, in_named.as_slice(), namesakes.as_slice()) {
            (Some(place), ..) => return Found::At(place),
            (None, [place], _) | (None, [], [place]) => return Found::At(*place),
            // Two namesakes cannot be told apart.
            (None, [_, _, ..], _) | (None, [], [_, _, ..]) => return Found::Ambiguous,
            (None, [], []) => {}
        }
        // An inactive prediction does not add a player to a game.
        let person = self.slate.registry.person(lookup, row.universal_player_id.as_deref(), None);
        let person =
            person.filter(|person| row.is_active && agree(&person.universal_id, &row.universal_player_id));
        let place = person.and_then(|person| {
            let team = person.team.as_ref()?;
            let game = self.game_by_team.get(team).copied()?;
            Some((game, Player::on_roster(person, team)))
        });
        match place {
            Some((game, player)) => Found::At(self.add(game, player)),
            None => Found::Nowhere,
        }
    }

    /// The only player of the prediction's game, else of the day, whose name is another spelling of a `lookup` that nobody
    /// has.
    fn find_by_other_spelling(&self, row: &prediction::Row, lookup: &PlayerLookup) -> Option<Place> {
        if self.slate.registry.count(lookup) > 0 {
            return None;
        }
        let named = WarehouseGameId::read(&row.game_id).ok().and_then(|id| self.game(&id));
        let is_same_player = |player: &Player| {
            is_lookup_of(lookup, &player.name) && agree(&player.universal_id, &row.universal_player_id)
        };
        let games = self.slate.games.iter().enumerate();
        let games = games.filter(|(index, _)| named.is_none_or(|named| named == *index));
        let mut places = games.flat_map(|(game, it)| {
            let players = it.players.iter().enumerate().filter(|(_, player)| is_same_player(player));
            players.map(move |(index, _)| (game, index))
        });
        let place = places.next()?;
        places.next().is_none().then_some(place)
    }

    /// The player whom a row of the odds means by a name that nobody has: the only one of the team
    /// whose name is another spelling of it.
    fn teammate_by_other_spelling(&self, row: &market::Row, lookup: &PlayerLookup) -> Option<PlayerLookup> {
        if self.places_by_lookup.contains_key(lookup) || self.slate.registry.count(lookup) > 0 {
            return None;
        }
        let team = Team::of_code(&row.player_team).ok()?;
        let index = self.game_by_team.get(&team)?;
        let is_called = |player: &&Player| player.team == team && is_one_name(&player.name, &row.player_name);
        let mut called = self.slate.games[*index].players.iter().filter(is_called);
        let player = called.next()?;
        called.next().is_none().then(|| player.lookup.clone())
    }

    fn game(&self, id: &WarehouseGameId) -> Option<usize> {
        match id {
            WarehouseGameId::Nba(id) => self.game_by_id.get(id).copied(),
            WarehouseGameId::Teams { home, .. } => {
                let index = *self.game_by_team.get(home)?;
                self.slate.games[index].scheduled.is(self.day, id).then_some(index)
            }
        }
    }

    fn player(&self, (game, index): Place) -> &Player {
        &self.slate.games[game].players[index]
    }

    fn places(&self, lookup: &PlayerLookup) -> &[Place] {
        self.places_by_lookup.get(lookup).map(Vec::as_slice).unwrap_or_default()
    }

    fn has(&self, player: &Player) -> bool {
        self.places(&player.lookup).iter().any(|place| self.player(*place).is_same(player))
    }

    fn add(&mut self, game: usize, player: Player) -> Place {
        let players = &mut self.slate.games[game].players;
        let place = (game, players.len());
        // Most names belong to one player.
        let namesakes =
            self.places_by_lookup.entry(player.lookup.clone()).or_insert_with(|| Vec::with_capacity(1));
        namesakes.push(place);
        players.push(player);
        place
    }
}

/// The market of one statistic among all offers on a player.
fn market(stat: StatType, day: SlateDay, offered: &[&market::Row], tip_off: Option<DateTime<Utc>>) -> Market {
    Market::of(offered.iter().flat_map(|row| row.offers(stat, day)), tip_off)
}

/// A player's lines of statistics other than points.
fn other_lines(day: SlateDay, offered: &[&market::Row], tip_off: Option<DateTime<Utc>>) -> Vec<Line> {
    let line_of = |stat| line::offered(stat, &market(stat, day, offered, tip_off));
    StatType::OTHERS.into_iter().filter_map(line_of).collect()
}

/// The offers on a player of `team`; filtered by team where namesakes play tonight or are offered.
fn of_one_player<'a>(offered: &[&'a market::Row], team: &Team, is_alone: bool) -> Vec<&'a market::Row> {
    let is_of_team = |row: &&market::Row| row.player_team.eq_ignore_ascii_case(team.as_str());
    let is_one = is_alone && offered.windows(2).all(|pair| pair[0].bp_player_id == pair[1].bp_player_id);
    offered.iter().copied().filter(|row| is_one || is_of_team(row)).collect()
}
