-- The NBA's own ids of a day's games. Two sources may each have a row for a game; the id is the same.
-- @game_date DATE
SELECT DISTINCT game_id, home_team_tricode, away_team_tricode
FROM nba_raw.nbac_schedule
WHERE game_date = @game_date
