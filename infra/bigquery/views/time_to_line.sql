-- The polls at which a player has more points than ever before in the game. A line is reached at the one poll where
-- it is above points_before and not above points: only the first time counts, even if a basket is annulled and the
-- points are scored again. A view of nba_raw.
--
-- Question: when did each player reach 20 points?
-- @game_date DATE
--   SELECT player_full_name, team_abbr, poll_id, period, time_remaining, points
--   FROM nba_raw.time_to_line
--   WHERE game_date = @game_date AND points_before < 20 AND points >= 20
--   ORDER BY poll_id, player_lookup
SELECT
  game_date,
  game_id,
  bdl_player_id,
  player_lookup,
  player_full_name,
  team_abbr,
  poll_id,
  poll_timestamp,
  period,
  time_remaining,
  points_before,
  points
FROM (
  SELECT
    game_date,
    game_id,
    bdl_player_id,
    player_lookup,
    player_full_name,
    team_abbr,
    poll_id,
    poll_timestamp,
    period,
    time_remaining,
    points,
    COALESCE(
      MAX(points) OVER (
        PARTITION BY
          game_date,
          CASE WHEN home_team_abbr < away_team_abbr THEN home_team_abbr ELSE away_team_abbr END,
          CASE WHEN home_team_abbr < away_team_abbr THEN away_team_abbr ELSE home_team_abbr END,
          player_lookup
        ORDER BY poll_timestamp, poll_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ),
      0
    ) AS points_before
  FROM nba_raw.bdl_live_boxscores
) AS polled
WHERE points > points_before
