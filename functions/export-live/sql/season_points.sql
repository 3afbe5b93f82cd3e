-- Each player's games and points of the season before a day. A game may have duplicate rows; a game without
-- minutes and points was not played.
-- @season_year INT64
-- @season_start DATE
-- @game_date DATE
SELECT player_lookup, universal_player_id, COUNT(*) AS games, SUM(points) AS points
FROM (
  SELECT
    player_lookup,
    universal_player_id,
    COALESCE(points, 0) AS points,
    CASE
      WHEN is_dnp THEN 0
      WHEN COALESCE(minutes_played, 0) > 0 OR COALESCE(points, 0) > 0 THEN 1
      ELSE 0
    END AS played,
    ROW_NUMBER() OVER (
      PARTITION BY player_lookup, universal_player_id, game_date
      ORDER BY processed_at DESC, minutes_played DESC, game_id
    ) AS newness
  FROM (
    SELECT
      player_lookup,
      -- A row without the universal player id is about any player of that name.
      COALESCE(universal_player_id, MAX(universal_player_id) OVER (PARTITION BY player_lookup)) AS universal_player_id,
      game_id,
      game_date,
      points,
      minutes_played,
      is_dnp,
      processed_at
    FROM nba_analytics.player_game_summary
    WHERE season_year = @season_year
      AND game_date >= @season_start
      AND game_date < @game_date
  ) AS summaries
) AS doubled
WHERE newness = 1
  AND played = 1
GROUP BY player_lookup, universal_player_id
