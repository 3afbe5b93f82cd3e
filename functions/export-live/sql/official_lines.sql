-- What the official box scores say of each player of a day's games: the newest row of each.
-- @game_date DATE
SELECT player_lookup, universal_player_id, team_abbr, points, minutes_played, is_dnp
FROM (
  SELECT
    player_lookup,
    universal_player_id,
    team_abbr,
    points,
    minutes_played,
    is_dnp,
    ROW_NUMBER() OVER (
      PARTITION BY player_lookup, universal_player_id, team_abbr
      ORDER BY processed_at DESC, minutes_played DESC, game_id
    ) AS newness
  FROM nba_analytics.player_game_summary
  WHERE game_date = @game_date
) AS doubled
WHERE newness = 1
