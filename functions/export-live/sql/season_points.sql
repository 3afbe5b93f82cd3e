-- Each player's games and points of the season before a day, under the newest spelling. Reads player_games.
SELECT
  MAX(CASE WHEN recency = 1 THEN player_lookup END) AS player_lookup,
  MAX(universal_player_id) AS universal_player_id,
  COUNT(*) AS games,
  SUM(points) AS points
FROM (
  SELECT
    COALESCE(universal_player_id, player_lookup) AS person,
    player_lookup,
    universal_player_id,
    COALESCE(points, 0) AS points,
    ROW_NUMBER() OVER (
      PARTITION BY COALESCE(universal_player_id, player_lookup)
      ORDER BY game_date DESC
    ) AS recency
  FROM player_games
  WHERE played = 1
) AS games
GROUP BY person
