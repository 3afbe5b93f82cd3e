-- The score of each game at halftime, and the first poll that saw it. A game whose whole halftime fell between
-- two polls is not in it. A view of nba_raw.
--
-- Question: who led at halftime?
-- @game_date DATE
--   SELECT
--     CASE WHEN home_score >= away_score THEN home_team_abbr ELSE away_team_abbr END AS leader,
--     home_team_abbr, home_score, away_team_abbr, away_score
--   FROM nba_raw.halftime_scores
--   WHERE game_date = @game_date
--   ORDER BY game_id
SELECT
  game_date,
  MIN(game_id) AS game_id,
  home_team_abbr,
  away_team_abbr,
  MAX(home_score) AS home_score,
  MAX(away_score) AS away_score,
  MIN(poll_id) AS first_poll_id
FROM nba_raw.bdl_live_boxscores
WHERE is_halftime
GROUP BY game_date, home_team_abbr, away_team_abbr
