-- Each player's games and points of the season before a day. Reads player_games.
SELECT
  MIN(player_lookup) AS player_lookup,
  MAX(universal_player_id) AS universal_player_id,
  COUNT(*) AS games,
  SUM(COALESCE(points, 0)) AS points
FROM player_games
WHERE played = 1
GROUP BY COALESCE(universal_player_id, player_lookup)
