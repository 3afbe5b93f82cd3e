-- The season so far of each player who may play on a day: totals, and the last eleven games as one text, newest
-- first, so that a player is one row. The games are separated by `;`, the values of a game by `|`, in this order:
-- date, whether at home (1 or 0), played (1 or 0), points, tenths of minutes, field goals made and attempted,
-- three-pointers made and attempted, free throws attempted, plus-minus, result against the line, tenths of the line.
-- What is null is empty. A game that was not played counts in no total. Reads player_games.
-- @season STRING
-- @month_before DATE
-- @game_date DATE
SELECT
  player_lookup,
  universal_player_id,
  SUM(played) AS games,
  SUM(played * points) AS points,
  SUM(played * minutes) AS minutes,
  SUM(CASE WHEN games_since <= 5 THEN played ELSE 0 END) AS last_5_games,
  SUM(CASE WHEN games_since <= 5 THEN played * points ELSE 0 END) AS last_5_points,
  SUM(CASE WHEN game_date >= @month_before THEN played ELSE 0 END) AS last_30d_games,
  SUM(CASE WHEN game_date >= @month_before THEN played * points ELSE 0 END) AS last_30d_points,
  SUM(played * COALESCE(fg_makes, 0)) AS fg_makes,
  SUM(played * COALESCE(fg_attempts, 0)) AS fg_attempts,
  SUM(played * COALESCE(three_pt_makes, 0)) AS three_pt_makes,
  SUM(played * COALESCE(three_pt_attempts, 0)) AS three_pt_attempts,
  SUM(CASE WHEN ft_attempts IS NULL THEN 0 ELSE played END) AS games_with_ft,
  SUM(played * COALESCE(ft_attempts, 0)) AS ft_attempts,
  SUM(CASE WHEN plus_minus IS NULL THEN 0 ELSE played END) AS games_with_plus_minus,
  SUM(played * COALESCE(plus_minus, 0)) AS plus_minus,
  MAX(CASE WHEN played = 1 THEN game_date END) AS last_played,
  STRING_AGG(CASE WHEN recency <= 11 THEN game END, ';' ORDER BY recency) AS last_games
FROM (
  SELECT
    player_lookup,
    universal_player_id,
    game_date,
    played,
    points,
    minutes,
    fg_makes,
    fg_attempts,
    three_pt_makes,
    three_pt_attempts,
    ft_attempts,
    plus_minus,
    ROW_NUMBER() OVER (PARTITION BY player_lookup, universal_player_id ORDER BY game_date DESC) AS recency,
    SUM(played) OVER (
      PARTITION BY player_lookup, universal_player_id
      ORDER BY game_date DESC
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS games_since,
    CONCAT(
      CAST(game_date AS STRING),
      '|', COALESCE(CAST(is_home AS STRING), ''),
      '|', CAST(played AS STRING),
      '|', CAST(points AS STRING),
      '|', CAST(CAST(ROUND(minutes * 10) AS INT64) AS STRING),
      '|', COALESCE(CAST(fg_makes AS STRING), ''),
      '|', COALESCE(CAST(fg_attempts AS STRING), ''),
      '|', COALESCE(CAST(three_pt_makes AS STRING), ''),
      '|', COALESCE(CAST(three_pt_attempts AS STRING), ''),
      '|', COALESCE(CAST(ft_attempts AS STRING), ''),
      '|', COALESCE(CAST(plus_minus AS STRING), ''),
      '|', COALESCE(over_under_result, ''),
      '|', COALESCE(CAST(CAST(ROUND(points_line * 10) AS INT64) AS STRING), '')
    ) AS game
  FROM (
    SELECT
      player_lookup,
      universal_player_id,
      game_date,
      played,
      COALESCE(points, 0) AS points,
      COALESCE(minutes_played, 0) AS minutes,
      fg_makes,
      fg_attempts,
      three_pt_makes,
      three_pt_attempts,
      ft_attempts,
      plus_minus,
      over_under_result,
      points_line,
      -- `20260109_TOR_BOS` ends with the home team; the league's own ids do not tell it.
      CASE
        WHEN LENGTH(game_id) <> 16 THEN NULL
        WHEN SUBSTR(game_id, -3) = team_abbr THEN 1
        ELSE 0
      END AS is_home
    FROM player_games
    WHERE player_lookup IN (
      SELECT player_lookup
      FROM nba_analytics.upcoming_player_game_context
      WHERE game_date = @game_date
      UNION ALL
      SELECT player_lookup
      FROM nba_predictions.player_prop_predictions
      WHERE game_date = @game_date
      UNION ALL
      SELECT player_lookup
      FROM nba_reference.nba_players_registry
      WHERE season = @season
        AND team_abbr IN (
          SELECT home_team_tricode
          FROM nba_raw.nbac_schedule
          WHERE game_date = @game_date
          UNION ALL
          SELECT away_team_tricode
          FROM nba_raw.nbac_schedule
          WHERE game_date = @game_date
        )
    )
  ) AS games
) AS season
GROUP BY player_lookup, universal_player_id
