-- Each player's games and points of the season before a day. Reads player_games.
SELECT player_lookup, universal_player_id, COUNT(*) AS games, SUM(COALESCE(points, 0)) AS points
FROM player_games
WHERE played = 1
GROUP BY player_lookup, universal_player_id
