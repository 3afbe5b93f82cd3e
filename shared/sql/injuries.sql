-- Each player's injury report of the last days: a report about this day's game takes precedence, then the
-- newest.
-- @reported_since DATE
-- @game_date DATE
SELECT player_lookup, player_full_name, team, injury_status, reason
FROM (
  SELECT
    player_lookup,
    player_full_name,
    team,
    injury_status,
    reason,
    ROW_NUMBER() OVER (
      PARTITION BY player_lookup, team
      ORDER BY
        CASE WHEN game_date = @game_date THEN 0 ELSE 1 END,
        report_date DESC,
        report_hour DESC,
        processed_at DESC,
        injury_status
    ) AS newness
  FROM nba_raw.nbac_injury_report
  WHERE report_date >= @reported_since
    AND report_date <= @game_date
    AND player_lookup IS NOT NULL
    AND injury_status IS NOT NULL
) AS reports
WHERE newness = 1
