-- Bookmakers' offers on a player: of each statistic, book, side and line the newest update before the day's
-- first tip-off, and the newest before each later one, because the table does not name the player's game.
-- Odds outside 100 to 10000 on either side come from a broken feed and are ignored.
-- @game_date DATE
SELECT DISTINCT
  player_lookup,
  bp_player_id,
  player_name,
  player_team,
  book_id,
  market_type,
  points_line,
  bet_side,
  odds_american,
  is_active,
  bookmaker_last_update
FROM (
  SELECT
    props.player_lookup,
    props.bp_player_id,
    props.player_name,
    props.player_team,
    props.book_id,
    props.market_type,
    props.points_line,
    props.bet_side,
    props.odds_american,
    props.is_active,
    props.bookmaker_last_update,
    ROW_NUMBER() OVER (
      PARTITION BY
        moments.moment,
        props.bp_player_id,
        props.market_type,
        props.book_id,
        props.bet_side,
        CAST(props.points_line * 10 AS INT64)
      ORDER BY
        props.bookmaker_last_update DESC,
        props.processed_at DESC,
        props.is_active DESC,
        props.is_best_line DESC,
        props.offer_id
    ) AS newness
  FROM nba_raw.bettingpros_player_points_props AS props
  CROSS JOIN (
    SELECT moment, MIN(moment) OVER () AS first_moment
    FROM (
      SELECT DISTINCT game_date_est AS moment
      FROM nba_raw.nbac_schedule
      WHERE game_date = @game_date
        AND game_date_est IS NOT NULL
      UNION ALL
      -- A game may have no time yet.
      SELECT MAX(bookmaker_last_update) AS moment
      FROM nba_raw.bettingpros_player_points_props
      WHERE game_date = @game_date
    ) AS tip_offs
  ) AS moments
  WHERE props.game_date = @game_date
    AND props.market_type IN ('points', 'rebounds', 'assists', 'threes', 'steals', 'blocks')
    AND props.bookmaker_last_update <= moments.moment
    AND (props.bookmaker_last_update > moments.first_moment OR moments.moment = moments.first_moment)
    AND (
      NOT props.is_active
      OR props.odds_american BETWEEN 100 AND 10000
      OR props.odds_american BETWEEN -10000 AND -100
    )
) AS offers
WHERE newness = 1
