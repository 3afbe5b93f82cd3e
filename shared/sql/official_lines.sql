-- The players' entries in the official box scores of a day's games: the newest row of each.
-- @game_date DATE
SELECT
  player_lookup,
  universal_player_id,
  team_abbr,
  points,
  offensive_rebounds,
  defensive_rebounds,
  assists,
  three_pt_makes,
  steals,
  blocks,
  minutes_played,
  is_dnp
FROM (
  SELECT
    player_lookup,
    universal_player_id,
    team_abbr,
    points,
    offensive_rebounds,
    defensive_rebounds,
    assists,
    three_pt_makes,
    steals,
    blocks,
    minutes_played,
    is_dnp,
    ROW_NUMBER() OVER (
      PARTITION BY player_lookup, universal_player_id, team_abbr
      ORDER BY processed_at DESC, minutes_played DESC, game_id
    ) AS newness
  FROM (
    SELECT
      player_lookup,
      -- A row without the universal player id is about any player of that name.
      COALESCE(universal_player_id, MAX(universal_player_id) OVER (PARTITION BY player_lookup)) AS universal_player_id,
      team_abbr,
      game_id,
      points,
      offensive_rebounds,
      defensive_rebounds,
      assists,
      three_pt_makes,
      steals,
      blocks,
      minutes_played,
      is_dnp,
      processed_at
    FROM nba_analytics.player_game_summary
    WHERE game_date = @game_date
  ) AS summaries
) AS doubled
WHERE newness = 1
