// A consumer that reads every field of every document, as the front end may: `tsc --strict` proves that the
// types say what may be missing. It runs nowhere.

import type {
  DatesDocument,
  ExportCompletion,
  ExportTrigger,
  GradingDocument,
  LiveDocument,
  SettledLine,
  StatusDocument,
  TimelineDocument,
  TonightDocument,
} from "./challenge-system.js";

const points = (value: number): string => value.toFixed(1);
const orNone = (value: number | string | null): string => (value === null ? "–" : String(value));
const at = (instant: string): Date => new Date(instant);

export function live(document: LiveDocument): string[] {
  const lines = [
    document.game_date,
    document.poll_id,
    at(document.updated_at).toISOString(),
    `${document.games_in_progress} on, ${document.games_final} final of ${document.total_games}`,
    orNone(document.next_update_expected ?? null),
  ];
  for (const game of document.games) {
    const clock = game.status === "in_progress" ? `Q${game.period} ${game.time_remaining}` : game.status;
    lines.push(`${game.game_id} ${orNone(game.nba_game_id)} ${game.away_team} ${game.away_score}`);
    lines.push(`${game.home_team} ${game.home_score} ${clock} ${game.player_count}`);
    lines.push(`${orNone(game.source ?? null)} ${orNone(game.moved_at ?? null)}`);
    for (const player of game.inactive ?? []) {
      const { player_lookup, nba_player_id, name, team, reason } = player;
      lines.push(`${player_lookup} ${nba_player_id.toFixed()} ${name.trim()} ${team} ${reason}`);
    }
    if (game.regressed_since) {
      lines.push(`held back since ${at(game.regressed_since).toISOString()}`);
    }
    for (const player of game.players) {
      const { fg_made, fg_attempted, fg3_made, fg3_attempted, ft_made, ft_attempted } = player;
      const shots = [fg_made / fg_attempted, fg3_made / fg3_attempted, ft_made / ft_attempted].map(points);
      const counted = [player.points, player.rebounds, player.assists, player.steals, player.blocks];
      const lost = player.turnovers + player.personal_fouls;
      lines.push(`${player.player_lookup} ${player.name.trim()} ${player.team} ${player.minutes}`);
      lines.push(`${orNone(player.bdl_player_id)} ${orNone(player.nba_player_id)} ${player.outdated ? "as last seen" : ""} ${(player.outdated_stats ?? []).join(" ")}`);
      lines.push(`${counted.map((count) => count.toFixed()).join(" ")} ${lost} ${shots.join(" ")}`);
    }
  }
  return lines;
}

export function grading(document: GradingDocument): string[] {
  const { summary } = document;
  const lines = [
    `${document.game_date} ${document.poll_id} ${at(document.updated_at).getTime()}`,
    `${summary.total_predictions} ${summary.graded} ${summary.pending} ${summary.correct} ${summary.incorrect}`,
    `${summary.trending_correct} ${summary.trending_incorrect} ${summary.pushes} ${summary.voided}`,
    `${summary.in_progress ?? 0} ${summary.without_side ?? 0} ${orNone(document.next_update_expected ?? null)}`,
    `${orNone(summary.win_rate)} ${orNone(summary.avg_error)} ${summary.games_in_progress} ${summary.games_final}`,
  ];
  for (const graded of document.predictions) {
    lines.push(`${graded.player_lookup} ${graded.player_name.trim()} ${graded.team} against ${graded.opponent}`);
    lines.push(`${graded.game_id} ${graded.home_team} ${graded.away_team} ${graded.game_status}`);
    lines.push(`${orNone(graded.period)} ${orNone(graded.time_remaining)} ${orNone(graded.minutes)}`);
    lines.push(`${points(graded.predicted)} ${orNone(graded.line)} ${graded.recommendation}`);
    lines.push(`${orNone(graded.confidence)} ${graded.has_line} ${orNone(graded.line_source)}`);
    lines.push(`${orNone(graded.actual)} ${orNone(graded.score_source)} ${orNone(graded.error)}`);
    lines.push(`${orNone(graded.margin_vs_line)} ${graded.clinched} ${orNone(graded.void_reason)} ${orNone(graded.void_detail)}`);
    lines.push(`${graded.pick_display} ${orNone(graded.chance)} ${graded.outcome} ${graded.settled}`);
    lines.push(`${orNone(graded.result_display)} ${orNone(graded.margin_display)}`);
    switch (graded.status) {
      case "correct":
      case "incorrect":
      case "push":
      case "graded":
      case "void":
        lines.push("final");
        break;
      case "trending_correct":
      case "trending_incorrect":
      case "in_progress":
      case "pending":
        lines.push("open");
        break;
      default:
        graded.status satisfies never;
    }
  }
  const counts = summary.lines;
  if (counts) {
    lines.push(`${counts.total} ${counts.open} ${counts.over} ${counts.under} ${counts.pushes} ${counts.voided}`);
    lines.push(`${counts.provisional} ${counts.official} ${counts.locked}`);
  }
  for (const it of document.corrections ?? []) {
    lines.push(`${it.player_lookup} ${it.player_name.trim()} ${it.team} ${it.game_id} ${it.stat_type}`);
    lines.push(`${orNone(it.from)} ${orNone(it.to)}`);
  }
  return lines.concat((document.lines ?? []).flatMap(settledLine));
}

function settledLine(line: SettledLine): string[] {
  return [
    `${line.player_lookup} ${line.player_name.trim()} ${line.team} ${line.game_id} ${line.stat_type}`,
    `${points(line.line)} ${points(line.opening_line)} ${orNone(line.market_line)} ${line.books} ${line.line_source}`,
    `${orNone(line.over_odds)} ${orNone(line.under_odds)} ${orNone(line.tip_off)} ${line.locked}`,
    `${orNone(line.actual)} ${orNone(line.score_source)} ${orNone(line.chance_over)}`,
    `${line.outcome} ${orNone(line.void_reason)} ${orNone(line.void_detail)} ${line.settled}`,
  ];
}

export function timeline(document: TimelineDocument): string[] {
  const lines = [`${document.game_date} ${document.poll_id} ${at(document.updated_at).getTime()}`];
  lines.push(`${document.games_in_progress ?? 0} ${orNone(document.next_update_expected ?? null)}`);
  for (const player of document.players) {
    const { player_lookup, player_name, team, game_id, line, passed_at } = player;
    lines.push(`${player_lookup} ${player_name} ${team} ${game_id} ${orNone(line)}`);
    if (passed_at) {
      lines.push(`${passed_at.period.toFixed()} ${passed_at.clock} ${passed_at.poll_id}`);
    }
    for (const [index, [seconds, scored]] of player.points.entries()) {
      lines.push(`${points(seconds / 60)} ${scored.toFixed()} ${player.polls[index] ?? ""}`);
    }
    for (const stat of player.other_stats ?? []) {
      lines.push(`${stat.stat_type} ${points(stat.line)} ${stat.passed_at?.clock ?? ""} ${stat.polls.join(" ")}`);
      lines.push(stat.counts.map(([seconds, count]) => `${seconds.toFixed()} ${count.toFixed()}`).join(" "));
    }
  }
  return lines;
}

export function tonight(document: TonightDocument): string[] {
  const quality = document.data_quality;
  const lines = [
    `${document.game_date} ${document.generated_at} ${document.total_players} ${document.total_with_lines}`,
    `${document.status ?? "whole"} ${document.degraded_reason ?? ""} ${document.settled}`,
    `${quality.games_without_context} ${quality.players_without_line} ${quality.players_from_roster}`,
    quality.predictions.toFixed(),
  ];
  for (const game of document.games) {
    lines.push(`${game.game_id} ${game.away_team} ${game.home_team} ${orNone(game.game_time)} ${orNone(game.tip_off)}`);
    lines.push(`${game.game_status} ${game.home_score ?? 0} ${game.away_score ?? 0} ${game.player_count}`);
    for (const player of game.players) {
      lines.push(`${player.player_lookup} ${player.name} ${player.team} ${player.is_home} ${player.context}`);
      lines.push(`${orNone(player.position)} ${player.has_line} ${player.fatigue_level}`);
      lines.push(`${orNone(player.fatigue_score)} ${orNone(player.days_rest)} ${player.injury_status}`);
      lines.push(`${orNone(player.injury_reason)} ${orNone(player.season_ppg)} ${orNone(player.season_mpg)}`);
      lines.push(orNone(player.injury_report_at));
      lines.push(`${orNone(player.last_5_ppg)} ${player.games_played} ${player.limited_data}`);
      lines.push(`${orNone(player.minutes_avg)} ${orNone(player.last_30d_ppg)} ${orNone(player.recent_form)}`);
      lines.push(`${orNone(player.season_fg_pct)} ${orNone(player.season_three_pct)} ${orNone(player.season_fta)}`);
      lines.push(orNone(player.season_plus_minus));
      lines.push(player.last_10_points.map(orNone).join(" "));
      const past = [
        player.last_10_lines, player.last_10_minutes, player.last_10_fg_pct, player.last_10_three_pct,
        player.last_10_fta, player.last_10_plus_minus, player.last_10_home_away, player.last_10_days_rest,
      ];
      lines.push(...past.map((values) => values.map(orNone).join(" ")));
      lines.push(`${player.last_10_results.join(" ")} ${player.last_10_record ?? ""}`);
      lines.push(`${player.last_10_vs_avg?.join(" ") ?? ""} ${player.last_10_avg_record ?? ""}`);
      lines.push(orNone(player.line_source));
      lines.push(`${orNone(player.actual_points)} ${orNone(player.result)} ${player.settled}`);
      for (const prop of player.props ?? []) {
        lines.push(`${prop.stat_type} ${points(prop.line)} ${orNone(prop.over_odds)} ${orNone(prop.under_odds)}`);
        lines.push(`${points(prop.opening_line)} ${orNone(prop.market_line)} ${prop.books} ${prop.locked}`);
        lines.push(`${orNone(prop.actual)} ${prop.outcome} ${prop.settled}`);
      }
      if (player.prediction) {
        const { predicted, confidence, recommendation, factors } = player.prediction;
        lines.push(`${orNone(predicted)} ${orNone(confidence)} ${orNone(recommendation)} ${factors?.join(", ") ?? ""}`);
      }
    }
  }
  return lines;
}

export function status(document: StatusDocument): string[] {
  const { live_data, tonight_data, grading, predictions } = document.services;
  const lines = [`${document.game_date} ${document.updated_at} ${document.overall_status}`];
  lines.push(`${live_data.status} ${live_data.message}, ${tonight_data.status} ${tonight_data.message}`);
  lines.push(`${grading.status} ${grading.message}, ${predictions.status} ${predictions.message}`);
  lines.push(`${orNone(live_data.last_update)} ${orNone(live_data.game_date)} ${orNone(live_data.poll_id)}`);
  lines.push(`${orNone(live_data.age_minutes)} ${live_data.is_stale} ${live_data.games_active}`);
  lines.push(`${live_data.games_in_progress} ${live_data.games_over} ${live_data.total_games} ${live_data.unreadable}`);
  lines.push(`${live_data.players} ${orNone(live_data.next_update_expected)}`);
  for (const game of live_data.games) {
    lines.push(`${game.away_team} at ${game.home_team}: ${game.status}`);
    lines.push(`${game.home_score}–${game.away_score} ${game.is_halftime} ${orNone(game.unchanged_since)} ${game.outdated_players} ${orNone(game.outdated_since)}`);
  }
  lines.push(`${orNone(tonight_data.last_update)} ${orNone(tonight_data.game_date)} ${tonight_data.is_stale}`);
  lines.push(`${orNone(tonight_data.age_minutes)} ${tonight_data.total_players} ${tonight_data.total_with_lines}`);
  lines.push(`${tonight_data.games_without_context} ${orNone(tonight_data.degraded_reason)}`);
  lines.push(`${orNone(grading.last_update)} ${orNone(grading.poll_id)}`);
  lines.push(`${predictions.predictions_count} ${orNone(predictions.target_date)}`);
  for (const source of document.sources ?? []) {
    lines.push(`${source.source} ${source.status} ${source.message} ${source.games} ${source.disagreements}`);
    lines.push(`${orNone(source.last_asked)} ${orNone(source.last_answer)} ${orNone(source.compared_at)}`);
    lines.push(`${orNone(source.lag_seconds)} ${source.differing_finals.join(", ")}`);
  }
  for (const issue of document.known_issues) {
    lines.push(`${issue.severity} ${issue.message} ${issue.reported_by} ${at(issue.detected_at).getTime()}`);
  }
  lines.push(`${orNone(document.dead_letters)} letters, ${document.maintenance_windows.length} windows`);
  if (document.active_break) {
    const { headline, message, resume_date, last_game_date } = document.active_break;
    lines.push(`${headline} ${message} ${orNone(resume_date)} ${orNone(last_game_date)}`);
  }
  return lines;
}

export function dates(document: DatesDocument): string[] {
  return document.dates.map((day) => {
    const settled = `${orNone(day.lines)} lines ${orNone(day.settled)}`;
    return `${document.updated_at} ${day.date} ${day.documents.join(" ")} ${orNone(day.games)} games ${settled}`;
  });
}

export const trigger: ExportTrigger = { export_types: ["tonight"], target_date: "today", update_latest: true };

export function completion(message: ExportCompletion): string[] {
  return [
    `${message.processor_name} ${message.phase} ${message.export_type} ${message.status}`,
    `${message.correlation_id} ${orNone(message.trigger_source)} ${orNone(message.target_date)}`,
    `${message.timestamp} ${points(message.duration_seconds)} ${message.export_types.join(" ")}`,
    ...Object.entries(message.paths).map(([what, path]) => `${what} ${path}`),
    ...message.errors,
  ];
}
