-- The polls of a day at which one of a player's counts differs from that at the previous poll.
-- @game_date DATE
SELECT
  bdl_player_id,
  player_lookup,
  player_full_name,
  team_abbr,
  home_team_abbr,
  away_team_abbr,
  poll_id,
  game_status,
  COALESCE(period, 0) AS period,
  time_remaining,
  points,
  rebounds,
  assists,
  threes,
  steals,
  blocks
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
    points,
    rebounds,
    assists,
    threes,
    steals,
    blocks,
    LAG(points) OVER (PARTITION BY game_id, bdl_player_id, player_lookup ORDER BY poll_timestamp, poll_id) AS points_before,
    LAG(rebounds) OVER (PARTITION BY game_id, bdl_player_id, player_lookup ORDER BY poll_timestamp, poll_id) AS rebounds_before,
    LAG(assists) OVER (PARTITION BY game_id, bdl_player_id, player_lookup ORDER BY poll_timestamp, poll_id) AS assists_before,
    LAG(threes) OVER (PARTITION BY game_id, bdl_player_id, player_lookup ORDER BY poll_timestamp, poll_id) AS threes_before,
    LAG(steals) OVER (PARTITION BY game_id, bdl_player_id, player_lookup ORDER BY poll_timestamp, poll_id) AS steals_before,
    LAG(blocks) OVER (PARTITION BY game_id, bdl_player_id, player_lookup ORDER BY poll_timestamp, poll_id) AS blocks_before
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
      game_id,
      game_status,
      period,
      time_remaining,
      COALESCE(points, 0) AS points,
      COALESCE(rebounds, 0) AS rebounds,
      COALESCE(assists, 0) AS assists,
      COALESCE(three_pointers_made, 0) AS threes,
      COALESCE(steals, 0) AS steals,
      COALESCE(blocks, 0) AS blocks
    FROM nba_raw.bdl_live_boxscores
    WHERE game_date = @game_date
      AND game_status IN ('in_progress', 'final')
  ) AS counted
) AS polled
WHERE points_before IS NULL
  OR points_before <> points
  OR rebounds_before <> rebounds
  OR assists_before <> assists
  OR threes_before <> threes
  OR steals_before <> steals
  OR blocks_before <> blocks
ORDER BY poll_timestamp, poll_id, bdl_player_id, player_lookup
