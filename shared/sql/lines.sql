-- Bookmakers' offers: of each statistic, book, side and line the newest update before the day's first tip-off, and the
-- newest before each later one, because the table does not name the player's game. A player is one row, with the offers
-- on each statistic as one text, null where there is none. They are separated by `;`, and the values of one by `|`, in
-- this order: book, tenths of the line, seconds from the day's midnight UTC to the update, American odds of over, of
-- under, and 0 if the offer is withdrawn. Both sides of a line are one offer if they were updated at once; a side that
-- was not is empty.
-- Odds outside 100 to 10000 on either side come from a broken feed and are ignored, as are sources that are no bookmakers:
-- their ids are in a text, each between two bars, `|0|60|`.
-- @game_date DATE
-- @excluded_sources STRING
SELECT
  player_lookup,
  bp_player_id,
  player_name,
  player_team,
  STRING_AGG(CASE WHEN market_type = 'points' THEN offer END, ';' ORDER BY offer) AS points,
  STRING_AGG(CASE WHEN market_type = 'rebounds' THEN offer END, ';' ORDER BY offer) AS rebounds,
  STRING_AGG(CASE WHEN market_type = 'assists' THEN offer END, ';' ORDER BY offer) AS assists,
  STRING_AGG(CASE WHEN market_type = 'threes' THEN offer END, ';' ORDER BY offer) AS threes,
  STRING_AGG(CASE WHEN market_type = 'steals' THEN offer END, ';' ORDER BY offer) AS steals,
  STRING_AGG(CASE WHEN market_type = 'blocks' THEN offer END, ';' ORDER BY offer) AS blocks
FROM (
  SELECT
    player_lookup,
    bp_player_id,
    player_name,
    player_team,
    market_type,
    CONCAT(
      CAST(book_id AS STRING),
      '|', CAST(tenths AS STRING),
      '|', CAST(UNIX_SECONDS(bookmaker_last_update) - 86400 * UNIX_DATE(@game_date) AS STRING),
      '|', COALESCE(CAST(MAX(CASE WHEN bet_side = 'over' THEN odds_american END) AS STRING), ''),
      '|', COALESCE(CAST(MAX(CASE WHEN bet_side = 'under' THEN odds_american END) AS STRING), ''),
      CASE WHEN is_active THEN '' ELSE '|0' END
    ) AS offer
  FROM (
    SELECT
      props.player_lookup,
      props.bp_player_id,
      props.player_name,
      props.player_team,
      props.book_id,
      props.market_type,
      CAST(ROUND(props.points_line * 10) AS INT64) AS tenths,
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
          CAST(ROUND(props.points_line * 10) AS INT64)
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
      AND @excluded_sources NOT LIKE CONCAT('%|', CAST(props.book_id AS STRING), '|%')
      AND props.bookmaker_last_update <= moments.moment
      AND (props.bookmaker_last_update > moments.first_moment OR moments.moment = moments.first_moment)
      AND (
        NOT props.is_active
        OR props.odds_american BETWEEN 100 AND 10000
        OR props.odds_american BETWEEN -10000 AND -100
      )
  ) AS newest
  WHERE newness = 1
  GROUP BY
    player_lookup,
    bp_player_id,
    player_name,
    player_team,
    market_type,
    book_id,
    tenths,
    bookmaker_last_update,
    is_active
) AS offered
GROUP BY player_lookup, bp_player_id, player_name, player_team
