-- The active prediction of each player and game of a day, and the inactive one that was active last. Of several, one
-- with a bookmaker's line takes precedence, then the newest, then names that make the choice deterministic. The rows
-- come in the same order: of two about one player, that name the game differently, the first takes precedence. A line
-- of 0 stands for a number that the model did not have.
-- The adjustments are the components of the prediction in tenths of a point, one text, separated by `|`, null as
-- nothing: fatigue, shot zones, referees, look-ahead, pace, usage, home or away, other.
-- @game_date DATE
SELECT
  player_lookup,
  universal_player_id,
  game_id,
  predicted_points,
  confidence_score,
  recommendation,
  bookmakers_line,
  CASE
    WHEN bookmakers_line IS NOT NULL THEN NULL
    WHEN current_points_line > 0 THEN current_points_line
    WHEN estimated_line_value > 0 THEN estimated_line_value
  END AS estimated_line,
  is_active,
  created_at,
  updated_at,
  CONCAT(
    COALESCE(CAST(CAST(ROUND(fatigue_adjustment * 10) AS INT64) AS STRING), ''),
    '|', COALESCE(CAST(CAST(ROUND(shot_zone_adjustment * 10) AS INT64) AS STRING), ''),
    '|', COALESCE(CAST(CAST(ROUND(referee_adjustment * 10) AS INT64) AS STRING), ''),
    '|', COALESCE(CAST(CAST(ROUND(look_ahead_adjustment * 10) AS INT64) AS STRING), ''),
    '|', COALESCE(CAST(CAST(ROUND(pace_adjustment * 10) AS INT64) AS STRING), ''),
    '|', COALESCE(CAST(CAST(ROUND(usage_spike_adjustment * 10) AS INT64) AS STRING), ''),
    '|', COALESCE(CAST(CAST(ROUND(home_away_adjustment * 10) AS INT64) AS STRING), ''),
    '|', COALESCE(CAST(CAST(ROUND(other_adjustments * 10) AS INT64) AS STRING), '')
  ) AS adjustments
FROM (
  SELECT
    ordered.*,
    ROW_NUMBER() OVER (
      PARTITION BY player_lookup, universal_player_id, game_id, is_active
      ORDER BY precedence
    ) AS choice
  FROM (
    SELECT
      lined.*,
      ROW_NUMBER() OVER (
        ORDER BY
          CASE WHEN bookmakers_line IS NULL THEN 1 ELSE 0 END,
          COALESCE(updated_at, created_at) DESC,
          prediction_version DESC,
          system_id,
          prediction_id
      ) AS precedence
    FROM (
      SELECT
        predictions.*,
        CASE
          WHEN current_points_line > 0 AND COALESCE(line_source, '') <> 'ESTIMATED_AVG' THEN current_points_line
        END AS bookmakers_line
      FROM nba_predictions.player_prop_predictions AS predictions
      WHERE game_date = @game_date
    ) AS lined
  ) AS ordered
) AS chosen
WHERE choice = 1
ORDER BY precedence
