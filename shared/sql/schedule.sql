-- A day's games as the schedule has them; a game may have a row from each of two sources.
-- @game_date DATE
SELECT
  game_id,
  home_team_tricode,
  away_team_tricode,
  game_date_est,
  game_status,
  home_team_score,
  away_team_score,
  processed_at,
  data_source
FROM nba_raw.nbac_schedule
WHERE game_date = @game_date
