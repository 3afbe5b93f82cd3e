-- The players' entries in the official box scores of a day's games. Reads player_games.
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
FROM player_games
