-- A player's last ten games of the season before a day, newest first, each with the totals of the season. A
-- game may have duplicate rows; a game without minutes and points was not played and counts in no average.
-- @season_year INT64
-- @season_start DATE
-- @game_date DATE
SELECT
  player_lookup,
  universal_player_id,
  played,
  points,
  over_under_result,
  season_games,
  season_points,
  season_minutes,
  last_5_games,
  last_5_points,
  last_played
FROM (
  SELECT
    player_lookup,
    universal_player_id,
    played,
    points,
    over_under_result,
    ROW_NUMBER() OVER (PARTITION BY player_lookup, universal_player_id ORDER BY game_date DESC) AS recency,
    SUM(played) OVER (PARTITION BY player_lookup, universal_player_id) AS season_games,
    SUM(CASE WHEN played = 1 THEN points ELSE 0 END) OVER (
      PARTITION BY player_lookup, universal_player_id
    ) AS season_points,
    SUM(CASE WHEN played = 1 THEN minutes_played ELSE 0 END) OVER (
      PARTITION BY player_lookup, universal_player_id
    ) AS season_minutes,
    SUM(CASE WHEN played = 1 AND games_since <= 5 THEN 1 ELSE 0 END) OVER (
      PARTITION BY player_lookup, universal_player_id
    ) AS last_5_games,
    SUM(CASE WHEN played = 1 AND games_since <= 5 THEN points ELSE 0 END) OVER (
      PARTITION BY player_lookup, universal_player_id
    ) AS last_5_points,
    MAX(CASE WHEN played = 1 THEN game_date END) OVER (
      PARTITION BY player_lookup, universal_player_id
    ) AS last_played
  FROM (
    SELECT
      player_lookup,
      universal_player_id,
      game_date,
      played,
      COALESCE(points, 0) AS points,
      COALESCE(minutes_played, 0) AS minutes_played,
      over_under_result,
      SUM(played) OVER (
        PARTITION BY player_lookup, universal_player_id
        ORDER BY game_date DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS games_since
    FROM (
      SELECT
        player_lookup,
        universal_player_id,
        game_date,
        points,
        minutes_played,
        over_under_result,
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
          over_under_result,
          is_dnp,
          processed_at
        FROM nba_analytics.player_game_summary
        WHERE season_year = @season_year
          AND game_date >= @season_start
          AND game_date < @game_date
      ) AS summaries
    ) AS doubled
    WHERE newness = 1
  ) AS games
) AS season
WHERE recency <= 10
ORDER BY player_lookup, universal_player_id, recency
