-- The polls of a day at which a player's points differ from those at the previous poll.
-- @game_date DATE
SELECT bdl_player_id, player_lookup, player_full_name, team_abbr, home_team_abbr, away_team_abbr, poll_id, game_status, COALESCE(period, 0) AS period, time_remaining, points
FROM (
  SELECT
    bdl_player_id,
    player_lookup,
    player_full_name,
    team_abbr,
    home_team_abbr,
    away_team_abbr,
    poll_id,
    poll_timestamp,
    game_status,
    period,
    time_remaining,
    COALESCE(points, 0) AS points,
    LAG(COALESCE(points, 0)) OVER (PARTITION BY game_id, bdl_player_id ORDER BY poll_timestamp, poll_id) AS points_before
  FROM nba_raw.bdl_live_boxscores
  WHERE game_date = @game_date
    AND game_status IN ('in_progress', 'final')
) AS polled
WHERE points_before IS NULL
  OR points_before <> points
ORDER BY poll_timestamp, poll_id, bdl_player_id
