-- Each player's fatigue score before a day's game, 0 (tired) to 100 (fresh).
-- @game_date DATE
SELECT player_lookup, universal_player_id, fatigue_score
FROM (
  SELECT
    player_lookup,
    universal_player_id,
    fatigue_score,
    ROW_NUMBER() OVER (
      PARTITION BY player_lookup, universal_player_id
      ORDER BY processed_at DESC, fatigue_score
    ) AS newness
  FROM nba_precompute.player_composite_factors
  WHERE game_date = @game_date
    AND fatigue_score IS NOT NULL
) AS factors
WHERE newness = 1
