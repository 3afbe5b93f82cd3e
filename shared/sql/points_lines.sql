-- The points lines that bookmakers offer now: of each book and side the newest update, if it still
-- stands. Odds outside 100 to 10000 either way are a broken feed's and are not looked at.
-- @game_date DATE
SELECT
  player_lookup,
  bp_player_id,
  MAX(player_name) AS player_name,
  MAX(player_team) AS player_team,
  points_line,
  bet_side,
  MAX(odds_american) AS odds_american,
  COUNT(*) AS books
FROM (
  SELECT
    player_lookup,
    bp_player_id,
    player_name,
    player_team,
    points_line,
    bet_side,
    odds_american,
    is_active,
    ROW_NUMBER() OVER (
      PARTITION BY bp_player_id, book_id, bet_side
      ORDER BY bookmaker_last_update DESC, processed_at DESC, is_active DESC, is_best_line DESC, points_line, offer_id
    ) AS newness
  FROM nba_raw.bettingpros_player_points_props
  WHERE game_date = @game_date
    AND market_type = 'points'
    AND (
      odds_american BETWEEN 100 AND 10000
      OR odds_american BETWEEN -10000 AND -100
    )
) AS offers
WHERE newness = 1
  AND is_active
GROUP BY player_lookup, bp_player_id, points_line, bet_side
