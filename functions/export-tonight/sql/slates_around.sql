-- The slate days before and after a day, if there are any within a window. Exhibitions do not count: the kind of a game
-- is the eighth digit of its id from the right, with or without leading zeros (`NbaGameId::is_exhibition`).
-- @game_date DATE
-- @window_start DATE
-- @window_end DATE
SELECT
  MAX(CASE WHEN game_date < @game_date THEN game_date END) AS previous_slate,
  MIN(CASE WHEN game_date > @game_date THEN game_date END) AS next_slate
FROM nba_raw.nbac_schedule
WHERE game_date >= @window_start
  AND game_date <= @window_end
  AND SUBSTR(game_id, -8, 1) NOT IN ('1', '3')
