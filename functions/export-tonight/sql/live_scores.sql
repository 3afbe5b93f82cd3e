-- Each game's state at its last poll of a day. The schedule learns of it only hours later.
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
      PARTITION BY home_team_abbr, away_team_abbr
      ORDER BY poll_timestamp DESC, bdl_player_id
    ) AS newness
  FROM nba_raw.bdl_live_boxscores
  WHERE game_date = @game_date
) AS polls
WHERE newness = 1
