-- The players who are expected to play on a day: the newest row of each player and team, newest first.
-- @game_date DATE
SELECT player_lookup, universal_player_id, team_abbr, days_rest
FROM (
  SELECT
    player_lookup,
    universal_player_id,
    team_abbr,
    days_rest,
    processed_at,
    ROW_NUMBER() OVER (
      PARTITION BY player_lookup, universal_player_id, team_abbr
      ORDER BY processed_at DESC, created_at DESC, game_id
    ) AS newness
  FROM nba_analytics.upcoming_player_game_context
  WHERE game_date = @game_date
) AS expected
WHERE newness = 1
ORDER BY processed_at DESC, player_lookup, universal_player_id, team_abbr
