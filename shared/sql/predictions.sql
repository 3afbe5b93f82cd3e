-- The active prediction of each player and game of a day, and the inactive one that was active last. Of
-- several, one with a bookmaker's line takes precedence, then the newest, then names that make the choice
-- deterministic. `Row::goes_before` in src/slate/prediction.rs has the same order: a change is made in both.
-- @game_date DATE
SELECT
  player_lookup,
  universal_player_id,
  game_id,
  predicted_points,
  confidence_score,
  recommendation,
  current_points_line,
  line_source,
  estimated_line_value,
  is_active,
  created_at,
  updated_at,
  prediction_version,
  system_id,
  prediction_id,
  fatigue_adjustment,
  shot_zone_adjustment,
  referee_adjustment,
  look_ahead_adjustment,
  pace_adjustment,
  usage_spike_adjustment,
  home_away_adjustment,
  other_adjustments
FROM (
  SELECT
    player_lookup,
    universal_player_id,
    game_id,
    predicted_points,
    confidence_score,
    recommendation,
    current_points_line,
    line_source,
    estimated_line_value,
    is_active,
    created_at,
    updated_at,
    prediction_version,
    system_id,
    prediction_id,
    fatigue_adjustment,
    shot_zone_adjustment,
    referee_adjustment,
    look_ahead_adjustment,
    pace_adjustment,
    usage_spike_adjustment,
    home_away_adjustment,
    other_adjustments,
    ROW_NUMBER() OVER (
      PARTITION BY player_lookup, universal_player_id, game_id, is_active
      ORDER BY
        CASE
          WHEN current_points_line IS NULL OR COALESCE(line_source, '') = 'ESTIMATED_AVG' THEN 1
          ELSE 0
        END,
        COALESCE(updated_at, created_at) DESC,
        prediction_version DESC,
        system_id,
        prediction_id
    ) AS choice
  FROM nba_predictions.player_prop_predictions
  WHERE game_date = @game_date
) AS predictions
WHERE choice = 1
