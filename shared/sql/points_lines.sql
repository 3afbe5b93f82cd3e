-- The points lines that bookmakers offered last before a game began: of each book and side the newest update,
-- if it still stands. Odds outside 100 to 10000 either way are a broken feed's and are not looked at.
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
    props.player_lookup,
    props.bp_player_id,
    props.player_name,
    props.player_team,
    props.points_line,
    props.bet_side,
    props.odds_american,
    props.is_active,
    ROW_NUMBER() OVER (
      PARTITION BY props.bp_player_id, props.book_id, props.bet_side
      ORDER BY
        props.bookmaker_last_update DESC,
        props.processed_at DESC,
        props.is_active DESC,
        props.is_best_line DESC,
        props.points_line,
        props.offer_id
    ) AS newness
  FROM nba_raw.bettingpros_player_points_props AS props
  LEFT JOIN (
    SELECT home_team_tricode AS team, MIN(game_date_est) AS tip_off
    FROM nba_raw.nbac_schedule
    WHERE game_date = @game_date
    GROUP BY home_team_tricode
    UNION ALL
    SELECT away_team_tricode AS team, MIN(game_date_est) AS tip_off
    FROM nba_raw.nbac_schedule
    WHERE game_date = @game_date
    GROUP BY away_team_tricode
  ) AS games
    ON games.team = props.player_team
  WHERE props.game_date = @game_date
    AND props.market_type = 'points'
    AND (games.tip_off IS NULL OR props.bookmaker_last_update <= games.tip_off)
    AND (
      NOT props.is_active
      OR props.odds_american BETWEEN 100 AND 10000
      OR props.odds_american BETWEEN -10000 AND -100
    )
) AS offers
WHERE newness = 1
  AND is_active
GROUP BY player_lookup, bp_player_id, points_line, bet_side
