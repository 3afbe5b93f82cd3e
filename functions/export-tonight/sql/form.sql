-- The season so far of each player who may play on a day, one row a player: by the universal player id, because a
-- spelling may change. Its two texts have values separated by `|`,
-- null as nothing. `totals`, over the games that were played: games, points, tenths of minutes, games and points of the
-- last five, games and points of the last thirty days, field goals made and attempted, three-pointers made and
-- attempted, games with a number of free throws and their sum, games with a plus-minus and their sum, days since the
-- last game. `last_games`: the last ten games, newest first, separated by `;`, each with the days between it and the game
-- that was played before, whether at home (1 or 0), tenths of the line and, if the player played, the first letter of the
-- result against the line, points, tenths of minutes, field goals made and attempted, three-pointers made and attempted,
-- free throws attempted, plus-minus.
-- Reads player_games.
-- @season STRING
-- @month_before DATE
-- @game_date DATE
SELECT
  MAX(CASE WHEN recency = 1 THEN player_lookup END) AS player_lookup,
  MAX(universal_player_id) AS universal_player_id,
  CONCAT(
    CAST(SUM(played) AS STRING),
    '|', CAST(SUM(played * points) AS STRING),
    '|', CAST(CAST(ROUND(SUM(played * minutes) * 10) AS INT64) AS STRING),
    '|', CAST(SUM(CASE WHEN games_since <= 5 THEN played ELSE 0 END) AS STRING),
    '|', CAST(SUM(CASE WHEN games_since <= 5 THEN played * points ELSE 0 END) AS STRING),
    '|', CAST(SUM(CASE WHEN game_date >= @month_before THEN played ELSE 0 END) AS STRING),
    '|', CAST(SUM(CASE WHEN game_date >= @month_before THEN played * points ELSE 0 END) AS STRING),
    '|', CAST(SUM(played * COALESCE(fg_makes, 0)) AS STRING),
    '|', CAST(SUM(played * COALESCE(fg_attempts, 0)) AS STRING),
    '|', CAST(SUM(played * COALESCE(three_pt_makes, 0)) AS STRING),
    '|', CAST(SUM(played * COALESCE(three_pt_attempts, 0)) AS STRING),
    '|', CAST(SUM(CASE WHEN ft_attempts IS NULL THEN 0 ELSE played END) AS STRING),
    '|', CAST(SUM(played * COALESCE(ft_attempts, 0)) AS STRING),
    '|', CAST(SUM(CASE WHEN plus_minus IS NULL THEN 0 ELSE played END) AS STRING),
    '|', CAST(SUM(played * COALESCE(plus_minus, 0)) AS STRING),
    '|', COALESCE(CAST(MIN(CASE WHEN played = 1 THEN days_ago END) AS STRING), '')
  ) AS totals,
  STRING_AGG(CASE WHEN recency <= 10 THEN game END, ';' ORDER BY recency) AS last_games
FROM (
  SELECT
    person,
    player_lookup,
    universal_player_id,
    game_date,
    days_ago,
    played,
    points,
    minutes,
    fg_makes,
    fg_attempts,
    three_pt_makes,
    three_pt_attempts,
    ft_attempts,
    plus_minus,
    ROW_NUMBER() OVER (PARTITION BY person ORDER BY game_date DESC) AS recency,
    SUM(played) OVER (
      PARTITION BY person
      ORDER BY game_date DESC
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS games_since,
    CONCAT(
      COALESCE(
        CAST(
          MIN(CASE WHEN played = 1 THEN days_ago END) OVER (
            PARTITION BY person
            ORDER BY game_date
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
          ) - days_ago - 1 AS STRING
        ),
        ''
      ),
      '|', COALESCE(CAST(is_home AS STRING), ''),
      '|', COALESCE(CAST(CAST(ROUND(points_line * 10) AS INT64) AS STRING), ''),
      CASE
        WHEN played = 1 THEN CONCAT(
          '|', COALESCE(SUBSTR(over_under_result, 1, 1), ''),
          '|', CAST(points AS STRING),
          '|', CAST(CAST(ROUND(minutes * 10) AS INT64) AS STRING),
          '|', COALESCE(CAST(fg_makes AS STRING), ''),
          '|', COALESCE(CAST(fg_attempts AS STRING), ''),
          '|', COALESCE(CAST(three_pt_makes AS STRING), ''),
          '|', COALESCE(CAST(three_pt_attempts AS STRING), ''),
          '|', COALESCE(CAST(ft_attempts AS STRING), ''),
          '|', COALESCE(CAST(plus_minus AS STRING), '')
        )
        ELSE ''
      END
    ) AS game
  FROM (
    SELECT
      COALESCE(universal_player_id, player_lookup) AS person,
      player_lookup,
      universal_player_id,
      game_date,
      UNIX_DATE(@game_date) - UNIX_DATE(game_date) AS days_ago,
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
    OR universal_player_id IN (
      SELECT universal_player_id
      FROM nba_analytics.upcoming_player_game_context
      WHERE game_date = @game_date
      UNION ALL
      SELECT universal_player_id
      FROM nba_predictions.player_prop_predictions
      WHERE game_date = @game_date
      UNION ALL
      SELECT universal_player_id
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
GROUP BY person
