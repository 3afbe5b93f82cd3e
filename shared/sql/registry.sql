-- Every player of this season and the last, a row for each team the player was on.
-- @season STRING
-- @previous_season STRING
SELECT
  universal_player_id,
  player_lookup,
  player_name,
  team_abbr,
  season,
  position,
  last_game_date,
  last_roster_activity_date,
  processed_at
FROM nba_reference.nba_players_registry
WHERE season IN (@season, @previous_season)
