-- Each player's injury report of the last days with reports: one about this day's game takes precedence, then the
-- newest. A report about a later game says nothing about this one.
-- @reported_since DATE
-- @game_date DATE
-- @report_days INT64
SELECT
  player_lookup,
  player_full_name,
  team,
  injury_status,
  reason,
  report_date,
  report_hour,
  game_date
FROM (
  SELECT
    player_lookup,
    player_full_name,
    team,
    injury_status,
    reason,
    report_date,
    report_hour,
    game_date,
    ROW_NUMBER() OVER (
      PARTITION BY COALESCE(player_lookup, player_full_name), team
      ORDER BY
        CASE WHEN game_date = @game_date THEN 0 ELSE 1 END,
        report_date DESC,
        report_hour DESC,
        processed_at DESC,
        injury_status
    ) AS newness
  FROM (
    SELECT
      player_lookup,
      player_full_name,
      team,
      injury_status,
      reason,
      report_date,
      report_hour,
      -- A report that names no game is about that of its day.
      COALESCE(game_date, report_date) AS game_date,
      processed_at,
      DENSE_RANK() OVER (ORDER BY report_date DESC) AS day_with_reports
    FROM nba_raw.nbac_injury_report
    WHERE report_date >= @reported_since
      AND report_date <= @game_date
      AND COALESCE(player_lookup, player_full_name) IS NOT NULL
      AND injury_status IS NOT NULL
  ) AS recent
  WHERE day_with_reports <= @report_days
    AND game_date <= @game_date
) AS reports
WHERE newness = 1
