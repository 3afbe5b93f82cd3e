-- One row for each player and game of some days: the newest, because a game may have duplicate rows. A player whose
-- spelling has changed is the same by the universal player id. A game without minutes and points was not played. Other
-- queries read this one under the name `player_games`.
-- @since DATE
-- @before DATE
SELECT
  doubled.*,
  CASE
    WHEN is_dnp THEN 0
    WHEN COALESCE(minutes_played, 0) > 0 OR COALESCE(points, 0) > 0 THEN 1
    ELSE 0
  END AS played
FROM (
  SELECT
    summaries.*,
    ROW_NUMBER() OVER (
      PARTITION BY COALESCE(universal_player_id, player_lookup), team_abbr, game_date
      ORDER BY processed_at DESC, minutes_played DESC, game_id
    ) AS newness
  FROM (
    SELECT
      player_lookup,
      -- A row without the universal player id is about any player of that name.
      COALESCE(universal_player_id, MAX(universal_player_id) OVER (PARTITION BY player_lookup)) AS universal_player_id,
      game_id,
      game_date,
      team_abbr,
      points,
      minutes_played,
      is_dnp,
      offensive_rebounds,
      defensive_rebounds,
      assists,
      steals,
      blocks,
      fg_makes,
      fg_attempts,
      three_pt_makes,
      three_pt_attempts,
      ft_attempts,
      plus_minus,
      over_under_result,
      points_line,
      processed_at
    FROM nba_analytics.player_game_summary
    WHERE game_date >= @since
      AND game_date < @before
  ) AS summaries
) AS doubled
WHERE newness = 1
