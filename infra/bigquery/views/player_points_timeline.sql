-- Each player's points poll by poll, with the points scored since the previous poll. A view of nba_raw.
--
-- Question: who scored most between two polls of a night?
-- @game_date DATE
--   SELECT player_full_name, poll_id, period, time_remaining, points_in_interval
--   FROM nba_raw.player_points_timeline
--   WHERE game_date = @game_date
--   ORDER BY points_in_interval DESC, poll_id, player_lookup
--   LIMIT 5
SELECT
  game_date,
  game_id,
  bdl_player_id,
  player_lookup,
  player_full_name,
  team_abbr,
  poll_id,
  poll_timestamp,
  game_status,
  period,
  time_remaining,
  points,
  points - COALESCE(
    LAG(points) OVER (
      PARTITION BY
        game_date,
        CASE WHEN home_team_abbr < away_team_abbr THEN home_team_abbr ELSE away_team_abbr END,
        CASE WHEN home_team_abbr < away_team_abbr THEN away_team_abbr ELSE home_team_abbr END,
        player_lookup
      ORDER BY poll_timestamp, poll_id
    ),
    0
  ) AS points_in_interval
FROM nba_raw.bdl_live_boxscores
