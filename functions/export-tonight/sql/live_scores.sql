-- Each game's state at its last poll of a day, whichever of the two teams that poll calls the home team. The schedule
-- learns of it only hours later.
-- @game_date DATE
SELECT home_team_abbr, away_team_abbr, game_status, home_score, away_score
FROM (
  SELECT
    home_team_abbr,
    away_team_abbr,
    game_status,
    home_score,
    away_score,
    ROW_NUMBER() OVER (
      PARTITION BY
        CASE WHEN home_team_abbr < away_team_abbr THEN home_team_abbr ELSE away_team_abbr END,
        CASE WHEN home_team_abbr < away_team_abbr THEN away_team_abbr ELSE home_team_abbr END
      ORDER BY poll_timestamp DESC, bdl_player_id
    ) AS newness
  FROM nba_raw.bdl_live_boxscores
  WHERE game_date = @game_date
) AS polls
WHERE newness = 1
