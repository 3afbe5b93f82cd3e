-- The players by BallDontLie id: the newest name and lookup of the season, one row a player.
-- @season_start DATE
SELECT bdl_player_id, player_lookup, player_full_name
FROM (
  SELECT
    bdl_player_id,
    player_lookup,
    player_full_name,
    ROW_NUMBER() OVER (
      PARTITION BY bdl_player_id
      ORDER BY game_date DESC, processed_at DESC
    ) AS newness
  FROM nba_raw.bdl_player_boxscores
  WHERE game_date >= @season_start
    AND bdl_player_id IS NOT NULL
) AS seen
WHERE newness = 1
