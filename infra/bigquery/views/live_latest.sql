-- Each player's last row in each game; an end comes after everything else, because a source may go on sending an earlier
-- state after another one has sent the end. A view of nba_raw.
--
-- Question: who has the most points of the night?
-- @game_date DATE
--   SELECT player_full_name, team_abbr, points, minutes, game_status
--   FROM nba_raw.live_latest
--   WHERE game_date = @game_date
--   ORDER BY points DESC, player_lookup
--   LIMIT 5
SELECT
  game_date,
  game_id,
  game_status,
  period,
  time_remaining,
  home_team_abbr,
  away_team_abbr,
  home_score,
  away_score,
  bdl_player_id,
  player_lookup,
  player_full_name,
  team_abbr,
  minutes,
  points,
  rebounds,
  assists,
  poll_id,
  poll_timestamp
FROM (
  SELECT
    game_date,
    game_id,
    game_status,
    period,
    time_remaining,
    home_team_abbr,
    away_team_abbr,
    home_score,
    away_score,
    bdl_player_id,
    player_lookup,
    player_full_name,
    team_abbr,
    minutes,
    points,
    rebounds,
    assists,
    poll_id,
    poll_timestamp,
    ROW_NUMBER() OVER (
      PARTITION BY
        game_date,
        CASE WHEN home_team_abbr < away_team_abbr THEN home_team_abbr ELSE away_team_abbr END,
        CASE WHEN home_team_abbr < away_team_abbr THEN away_team_abbr ELSE home_team_abbr END,
        player_lookup
      ORDER BY CASE game_status WHEN 'final' THEN 0 ELSE 1 END, poll_timestamp DESC, poll_id DESC
    ) AS newness
  FROM nba_raw.bdl_live_boxscores
) AS polled
WHERE newness = 1
