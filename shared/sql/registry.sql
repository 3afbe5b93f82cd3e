-- Every player of this season and the last, a row for each team that the player was on, newest first. Only a row of
-- this season names the team.
-- @season STRING
-- @previous_season STRING
SELECT
  universal_player_id,
  player_lookup,
  player_name,
  CASE WHEN season = @season THEN team_abbr END AS current_team,
  position
FROM nba_reference.nba_players_registry
WHERE season IN (@season, @previous_season)
ORDER BY
  season DESC,
  CASE
    WHEN last_roster_activity_date IS NULL OR last_game_date > last_roster_activity_date THEN last_game_date
    ELSE last_roster_activity_date
  END DESC,
  processed_at DESC,
  team_abbr
