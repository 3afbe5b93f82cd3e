use chrono::{DateTime, Utc};

use super::*;
use crate::{
    nba::{GameStatus, PollId, SlateDay, Team},
    slate::ScheduledGame,
};
use GameStatus::{Final, InProgress, Postponed, Scheduled};
use Health::{Degraded, Healthy, Unhealthy, Unknown};

/// What it is about, the time, the schedule, what is public; how it is judged, whether it is stale, and
/// in which words.
type Case<'a, Public> =
    (&'static str, &'static str, &'a [ScheduledGame], Public, (Health, bool, &'static str));

const NINE: &str = "2026-01-09";
const SEVEN_PM: &str = "2026-01-10T00:00:00Z";
const TEN_PM: &str = "2026-01-10T03:00:00Z";

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn team(code: &str) -> Team {
    Team::of_code(code).expect("a team")
}

fn game(id: &str, home: &str, tip_off: &str, status: GameStatus) -> ScheduledGame {
    ScheduledGame {
        id: id.parse().expect("a game id"),
        home: team(home),
        away: team("TOR"),
        tip_off: Some(instant(tip_off)),
        status,
        home_score: None,
        away_score: None,
    }
}

/// Two games, in Boston at 7 PM and in Los Angeles at 10 PM Eastern. The schedule hears of nothing.
fn evening() -> Vec<ScheduledGame> {
    vec![game("0022500555", "BOS", SEVEN_PM, Scheduled), game("0022500556", "LAL", TEN_PM, Scheduled)]
}

/// The scores of a poll, in which these games are so far.
fn polled(at: &str, games: &[(&str, GameStatus)], players: usize) -> LiveData {
    let at = instant(at);
    let count = |wanted: &[GameStatus]| games.iter().filter(|(_, status)| wanted.contains(status)).count();
    let seen = |(home, status): &(&str, GameStatus)| PolledGame {
        home_team: team(home),
        away_team: team("TOR"),
        status: *status,
        home_score: 0,
        away_score: 0,
        is_halftime: false,
        unchanged_since: None,
        outdated_players: 0,
        outdated_since: None,
    };
    LiveData {
        poll_id: Some(PollId::at(at)),
        last_update: Some(at),
        game_date: Some(SlateDay::of(at)),
        games_in_progress: count(&[InProgress]),
        games_over: count(&[Final, Postponed]),
        total_games: games.len(),
        players,
        games: games.iter().map(seen).collect(),
        ..LiveData::default()
    }
}

fn listed(day: &str, players: usize) -> TonightData {
    TonightData {
        game_date: day.parse().ok(),
        last_update: Some(instant("2026-01-09T15:00:00Z")),
        total_players: players,
        total_with_lines: players,
        ..TonightData::default()
    }
}

/// A run that knows the schedule and nothing else.
fn run<'a>(now: &str, games: &'a [ScheduledGame]) -> RunReport<'a> {
    RunReport {
        by: Exporter::ExportLive,
        now: instant(now),
        games: Some(games.iter().collect()),
        fixtures: None,
        live: None,
        tonight: None,
        grading: None,
        predictions: None,
        sources: Vec::new(),
        dead_letters: None,
        failures: Vec::new(),
    }
}

fn judged(now: &str, games: &[ScheduledGame], live: LiveData, tonight: TonightData) -> Status {
    let run =
        RunReport { live: Some(live), tonight: Some(tonight), predictions: Some(60), ..run(now, games) };
    run.judge(None)
}

#[test]
fn live_scores_are_judged_by_schedule_and_content() {
    let night = evening();
    let none = LiveData::default;
    let over = [("0022500555", "BOS", SEVEN_PM), ("0022500556", "LAL", TEN_PM)]
        .map(|(id, home, tip_off)| game(id, home, tip_off, Final));
    let matinee = [game("0022500554", "NYK", "2026-01-09T17:00:00Z", Scheduled), evening().remove(1)];
    let all_star = [game("0032500001", "BOS", SEVEN_PM, Scheduled)];
    let no_time = [ScheduledGame { tip_off: None, ..evening().remove(0) }];
    let half_timed = [evening().remove(0), ScheduledGame { tip_off: None, ..evening().remove(1) }];
    let both = |boston, los_angeles| [("BOS", boston), ("LAL", los_angeles)];
    let cases: &[Case<'_, LiveData>] = &[
        (
            "f48: before tip-off nothing is degraded",
            "2026-01-09T23:50:00Z",
            &night,
            none(),
            (Healthy, false, "the next game begins at 7:00 PM ET"),
        ),
        (
            "f48: not even by last night's scores",
            "2026-01-09T23:50:00Z",
            &night,
            polled("2026-01-09T05:00:00Z", &[("MIA", InProgress)], 35),
            (Healthy, false, "the next game begins at 7:00 PM ET"),
        ),
        (
            "a game has just begun, and upstream does not list it yet",
            "2026-01-10T00:12:00Z",
            &night,
            polled("2026-01-10T00:11:00Z", &[], 0),
            (Healthy, false, "1 game on"),
        ),
        (
            "a game begins late, as upstream knows",
            "2026-01-10T00:40:00Z",
            &night,
            polled("2026-01-10T00:39:00Z", &both(Scheduled, Scheduled), 0),
            (Degraded, false, "1 game is late, by up to 40 minutes"),
        ),
        (
            "f12: a game has just begun and nobody polls",
            "2026-01-10T00:05:00Z",
            &night,
            none(),
            (Degraded, true, "1 game on; there are no scores yet"),
        ),
        (
            "f12: a game is on and nothing is public",
            "2026-01-10T00:30:00Z",
            &night,
            none(),
            (Unhealthy, true, "1 game on, but no player in the scores"),
        ),
        (
            "a game is on and the poll is fresh",
            "2026-01-10T00:30:00Z",
            &night,
            polled("2026-01-10T00:27:00Z", &both(InProgress, Scheduled), 35),
            (Healthy, false, "1 game on"),
        ),
        (
            "ten minutes are not stale",
            "2026-01-10T00:30:00Z",
            &night,
            polled("2026-01-10T00:20:00Z", &both(InProgress, Scheduled), 35),
            (Healthy, false, "1 game on"),
        ),
        (
            "f12: eleven are",
            "2026-01-10T00:31:00Z",
            &night,
            polled("2026-01-10T00:20:00Z", &both(InProgress, Scheduled), 35),
            (Degraded, true, "1 game on; the scores are 11 minutes old"),
        ),
        (
            "f12: polls that stopped before tip-off are stale after it",
            "2026-01-10T00:15:00Z",
            &night,
            polled("2026-01-09T23:30:00Z", &both(Scheduled, Scheduled), 0),
            (Degraded, true, "1 game on; the scores are 45 minutes old"),
        ),
        (
            "f46: fresh but empty",
            "2026-01-10T00:30:00Z",
            &night,
            polled("2026-01-10T00:29:00Z", &[], 0),
            (Unhealthy, false, "1 game on, but no player in the scores"),
        ),
        (
            "f46: fresh, but of yesterday",
            "2026-01-10T00:30:00Z",
            &night,
            LiveData {
                game_date: "2026-01-08".parse().ok(),
                ..polled("2026-01-10T00:29:00Z", &both(InProgress, Scheduled), 35)
            },
            (Unhealthy, false, "1 game on, but no player in the scores"),
        ),
        (
            "a late game begins while the matinee's players are long there",
            "2026-01-10T03:05:00Z",
            &matinee,
            polled("2026-01-10T03:04:00Z", &[("NYK", Final)], 35),
            (Healthy, false, "1 game on"),
        ),
        (
            "f48: between two games nothing is on",
            "2026-01-10T02:50:00Z",
            &night,
            polled("2026-01-10T02:30:00Z", &both(Final, Scheduled), 35),
            (Healthy, false, "the next game begins at 10:00 PM ET"),
        ),
        (
            "the one that is postponed is not taken for the one that is on",
            "2026-01-10T00:31:00Z",
            &night,
            polled("2026-01-10T00:20:00Z", &both(InProgress, Postponed), 35),
            (Degraded, true, "1 game on; the scores are 11 minutes old"),
        ),
        (
            "a postponed game is none",
            "2026-01-10T00:30:00Z",
            &night[..1],
            polled("2026-01-10T00:10:00Z", &[("BOS", Postponed)], 0),
            (Healthy, false, "no games today"),
        ),
        (
            "a postponed game that upstream does not list is not on all night",
            "2026-01-10T04:00:00Z",
            &night[..1],
            polled("2026-01-10T03:59:00Z", &[], 0),
            (Healthy, false, "all games are over"),
        ),
        (
            "f51: past midnight the schedule knows nothing of the ends, the poll does",
            "2026-01-10T06:30:00Z",
            &night,
            polled("2026-01-10T06:00:00Z", &both(Final, Final), 70),
            (Healthy, false, "all games are over"),
        ),
        (
            "an overtime at 1 AM goes stale like any game",
            "2026-01-10T06:30:00Z",
            &night,
            polled("2026-01-10T06:00:00Z", &both(Final, InProgress), 70),
            (Degraded, true, "1 game on; the scores are 30 minutes old"),
        ),
        (
            "f48: after all games",
            "2026-01-10T08:30:00Z",
            &over,
            polled("2026-01-10T06:00:00Z", &both(Final, Final), 70),
            (Healthy, false, "all games are over"),
        ),
        ("f43: no games", "2026-01-10T00:30:00Z", &[], none(), (Healthy, false, "no games today")),
        (
            "f43: an exhibition is none",
            "2026-01-10T00:30:00Z",
            &all_star,
            polled("2026-01-10T00:10:00Z", &[("BOS", InProgress)], 24),
            (Healthy, false, "only exhibitions today"),
        ),
        (
            "f43: an exhibition is none before it begins either",
            "2026-01-10T00:30:00Z",
            &all_star,
            none(),
            (Healthy, false, "only exhibitions today"),
        ),
        (
            "a game that the schedule has lost is on all the same",
            "2026-01-10T00:30:00Z",
            &[],
            polled("2026-01-10T00:10:00Z", &[("BOS", InProgress)], 35),
            (Degraded, true, "1 game on; the scores are 20 minutes old"),
        ),
        (
            "a game is thrown up some minutes after the announced time",
            "2026-01-10T00:05:00Z",
            &night[..1],
            polled("2026-01-10T00:04:00Z", &[("BOS", Scheduled)], 0),
            (Healthy, false, "1 game is late"),
        ),
        (
            "one game is over, and the other one has no time yet",
            "2026-01-10T04:00:00Z",
            &half_timed,
            polled("2026-01-10T03:59:00Z", &[("BOS", Final)], 35),
            (Healthy, false, "no game is on"),
        ),
        (
            "a game without a time",
            "2026-01-10T00:30:00Z",
            &no_time,
            none(),
            (Healthy, false, "no game is on"),
        ),
    ];
    for (case, now, games, live, expected) in cases {
        let status = judged(now, games, live.clone(), listed(NINE, 300));
        let live = &status.services.live_data;
        assert_eq!((live.status, live.is_stale, live.message.as_str()), *expected, "{case}");
    }
}

#[test]
fn live_data_say_how_old_they_are_and_when_there_is_more() {
    let night = evening();
    for (now, live, age, active, next) in [
        ("2026-01-09T23:00:00Z", LiveData::default(), None, false, Some(SEVEN_PM)),
        (
            "2026-01-10T00:30:00Z",
            polled("2026-01-10T00:28:15Z", &[("BOS", InProgress)], 35),
            Some(1.8),
            true,
            Some("2026-01-10T00:30:30Z"),
        ),
        (
            "2026-01-10T02:50:00Z",
            polled("2026-01-10T02:50:00Z", &[("BOS", Final)], 35),
            Some(0.0),
            false,
            Some(TEN_PM),
        ),
        (
            "2026-01-10T06:00:00Z",
            polled("2026-01-10T05:30:00Z", &[("BOS", Final), ("LAL", Final)], 70),
            Some(30.0),
            false,
            None,
        ),
    ] {
        let live = judged(now, &night, live, listed(NINE, 300)).services.live_data;
        assert_eq!((live.age_minutes, live.games_active), (age, active), "{now}");
        assert_eq!(live.next_update_expected, next.map(instant), "{now}");
    }
}

#[test]
fn tonight_is_judged_by_what_it_says_of_itself_and_not_by_its_age() {
    let night = evening();
    let degraded = || TonightData {
        degraded_reason: Some("1 of 2 games without the analysis of a team".into()),
        games_without_context: 1,
        ..listed(NINE, 300)
    };
    let cases: &[Case<'_, TonightData>] = &[
        (
            "nine hours old and whole",
            "2026-01-10T00:30:00Z",
            &night,
            listed(NINE, 300),
            (Healthy, false, "300 players"),
        ),
        (
            "of yesterday, in the morning",
            "2026-01-09T14:00:00Z",
            &night,
            listed("2026-01-08", 300),
            (Healthy, false, "tonight's list is not due yet"),
        ),
        (
            "f48: of yesterday, before tip-off",
            "2026-01-09T23:50:00Z",
            &night,
            listed("2026-01-08", 300),
            (Healthy, false, "tonight's list is not due yet"),
        ),
        (
            "of yesterday, at tip-off",
            SEVEN_PM,
            &night,
            listed("2026-01-08", 300),
            (Unhealthy, true, "there is no list of 2026-01-09"),
        ),
        (
            "never made, at tip-off",
            SEVEN_PM,
            &night,
            TonightData::default(),
            (Unhealthy, true, "there is no list of 2026-01-09"),
        ),
        (
            "f55: it says that it lacks something",
            SEVEN_PM,
            &night,
            degraded(),
            (Degraded, false, "1 of 2 games without the analysis of a team"),
        ),
        (
            "f48: it says so before tip-off, when more is to come",
            "2026-01-09T15:00:00Z",
            &night,
            degraded(),
            (Healthy, false, "300 players; so far 1 of 2 games without the analysis of a team"),
        ),
        (
            "f46: nobody in it",
            "2026-01-09T18:00:00Z",
            &night,
            listed(NINE, 0),
            (Unhealthy, false, "tonight's list has no players"),
        ),
        (
            "f43: of the last slate day, in a break",
            "2026-01-10T00:30:00Z",
            &[],
            listed("2026-01-05", 300),
            (Healthy, false, "no games today"),
        ),
    ];
    for (case, now, games, tonight, expected) in cases {
        let tonight = judged(now, games, LiveData::default(), tonight.clone()).services.tonight_data;
        assert_eq!((tonight.status, tonight.is_stale, tonight.message.as_str()), *expected, "{case}");
    }
}

#[test]
fn predictions_are_missed_when_the_first_game_begins() {
    let night = evening();
    let with = |now, predictions| RunReport { predictions, ..run(now, &night) };
    let health = |run: RunReport<'_>| run.judge(None).services.predictions.status;
    assert_eq!(health(with("2026-01-09T14:00:00Z", Some(0))), Healthy);
    assert_eq!(health(with("2026-01-09T23:00:00Z", Some(0))), Healthy, "f48");
    assert_eq!(health(with(SEVEN_PM, Some(0))), Degraded);
    assert_eq!(health(with(SEVEN_PM, Some(61))), Healthy);
    let yesterday = with("2026-01-08T23:00:00Z", Some(61)).judge(None);
    let next = with(SEVEN_PM, None).judge(Some(&yesterday));
    assert_eq!(next.services.predictions.status, Degraded, "yesterday's are none of tonight");
}

#[test]
fn what_is_missing_an_hour_before_tip_off_is_known_and_degrades_nothing() {
    let night = evening();
    let at = |now| RunReport { predictions: Some(0), ..run(now, &night) }.judge(None);
    assert_eq!(at("2026-01-09T22:59:00Z").known_issues, []);
    let status = at("2026-01-09T23:00:00Z");
    let texts: Vec<&str> = status.known_issues.iter().map(|issue| issue.message.as_str()).collect();
    assert_eq!(texts, ["there is no list of 2026-01-09", "there are no predictions of 2026-01-09"]);
    assert_eq!(status.overall_status, Healthy);
}

#[test]
fn the_grading_is_judged_by_how_far_it_is_behind_the_scores() {
    let night = evening();
    let live = || Some(polled("2026-01-10T00:30:00Z", &[("BOS", InProgress)], 35));
    let of = |poll: &str| Grading { poll_id: Some(PollId::at(instant(poll))), ..Grading::default() };
    let health = |grading| {
        let run = RunReport { live: live(), grading, ..run("2026-01-10T00:31:00Z", &night) };
        let grading = run.judge(None).services.grading;
        (grading.status, grading.message)
    };
    assert_eq!(health(Some(of("2026-01-10T00:30:00Z"))), (Healthy, "of the last poll".into()));
    let behind = (Degraded, "12 minutes behind the scores".into());
    assert_eq!(health(Some(of("2026-01-10T00:18:00Z"))), behind);
    assert_eq!(health(None), (Unknown, "nothing is graded yet".into()));
}

#[test]
fn the_whole_is_as_bad_as_its_worst_part_but_for_the_grading() {
    let night = evening();
    let now = "2026-01-10T00:31:00Z";
    let on = [("BOS", InProgress)];
    let status = judged(now, &night, polled("2026-01-10T00:30:00Z", &on, 35), listed(NINE, 300));
    assert_eq!((status.services.grading.status, status.overall_status), (Unknown, Healthy));
    let status = judged(now, &night, polled("2026-01-10T00:10:00Z", &on, 35), listed(NINE, 300));
    assert_eq!(status.overall_status, Degraded);
    let status = judged(now, &night, LiveData::default(), listed(NINE, 300));
    assert_eq!(status.overall_status, Unhealthy);
}

#[test]
fn without_a_schedule_the_last_poll_tells_whether_games_are_on_and_the_unknown_is_degraded() {
    let blind = |live: Option<LiveData>| {
        let run = RunReport {
            games: None,
            live,
            tonight: Some(listed(NINE, 300)),
            predictions: Some(60),
            failures: vec!["live: BallDontLie: answered 500".into()],
            ..run("2026-01-10T00:31:00Z", &[])
        };
        run.judge(None)
    };
    let on = [("BOS", InProgress), ("LAL", InProgress)];
    let status = blind(Some(polled("2026-01-10T00:30:00Z", &on, 70)));
    assert_eq!(status.overall_status, Healthy);
    assert_eq!(status.known_issues.first().map(|issue| issue.severity), Some(Severity::Error));
    let status = blind(Some(polled("2026-01-10T00:10:00Z", &on, 70)));
    assert_eq!(status.overall_status, Degraded);
    let status = blind(None);
    assert_eq!((status.services.live_data.status, status.overall_status), (Unknown, Degraded));
}

#[test]
fn f43_a_day_without_games_has_a_headline_and_the_next_slate_day() {
    let free = |now: &str, fixtures| RunReport { fixtures, predictions: Some(0), ..run(now, &[]) };
    let day = |text: &str| text.parse::<SlateDay>().ok();
    let fixtures = Fixtures { previous: day("2026-02-12"), next: day("2026-02-19") };
    let status = free("2026-02-15T17:00:00Z", Some(fixtures)).judge(None);
    assert_eq!(status.overall_status, Healthy);
    let pause = status.active_break.clone().expect("a break");
    assert_eq!(pause.headline, "No games until Thursday, February 19");
    assert_eq!((pause.resume_date, pause.last_game_date), (fixtures.next, fixtures.previous));
    // A run that cannot read the schedule knows the break from before.
    let blind = RunReport { games: None, ..free("2026-02-15T18:00:00Z", None) }.judge(Some(&status));
    assert_eq!((&blind.active_break, blind.overall_status), (&status.active_break, Healthy));
    // The live export, which does not look further than its day, keeps what the other has found out.
    let later = free("2026-02-16T17:00:00Z", None).judge(Some(&status));
    assert_eq!(later.active_break.and_then(|pause| pause.resume_date), fixtures.next);
    let one = Fixtures { next: day("2026-02-16"), ..fixtures };
    let status = free("2026-02-15T17:00:00Z", Some(one)).judge(None);
    assert_eq!(status.active_break.map(|pause| pause.headline).as_deref(), Some("No games today"));
    let message = |status: Status| status.active_break.expect("a break").message;
    let nothing_found = free("2026-07-15T17:00:00Z", Some(Fixtures::default())).judge(None);
    assert_eq!(message(nothing_found), "The schedule has no games within a month.");
    let not_looked = free("2026-07-15T17:00:00Z", None).judge(None);
    assert_eq!(message(not_looked), "When the next games are is not known yet.");
    // In February, 3 AM Eastern is still the evening's slate day.
    assert_eq!(free("2026-02-16T08:00:00Z", None).judge(None).game_date, day("2026-02-15").expect("a day"));
}

#[test]
fn an_issue_that_stays_was_seen_first_when_it_was_seen_first() {
    let night = evening();
    let lacking = TonightData { games_without_context: 2, total_with_lines: 290, ..listed(NINE, 300) };
    let seen = RunReport {
        tonight: Some(lacking.clone()),
        predictions: Some(60),
        dead_letters: Some(1),
        ..run("2026-01-09T18:00:00Z", &night)
    };
    let first = seen.judge(None);
    let texts: Vec<&str> = first.known_issues.iter().map(|issue| issue.message.as_str()).collect();
    assert_eq!(
        texts,
        ["2 games without context", "10 players without a line", "1 dead letter since yesterday"]
    );
    let lacking_less = TonightData { games_without_context: 0, ..lacking };
    let later = RunReport { tonight: Some(lacking_less), ..run("2026-01-09T22:00:00Z", &night) };
    let second = later.judge(Some(&first));
    let times: Vec<_> = second.known_issues.iter().map(|issue| issue.detected_at).collect();
    assert_eq!(times, [first.updated_at, first.updated_at]);
    let tomorrow = run("2026-01-10T17:00:00Z", &[]).judge(Some(&second));
    assert_eq!((tomorrow.known_issues.as_slice(), tomorrow.dead_letters), ([].as_slice(), None));
}

#[test]
fn what_one_exporter_could_not_do_stays_until_it_can_or_the_day_ends() {
    let night = evening();
    let of = |by, now, failures: &[&str]| RunReport {
        by,
        failures: failures.iter().map(|it| (*it).to_owned()).collect(),
        ..run(now, &night)
    };
    let texts =
        |status: &Status| -> Vec<String> { status.failures().map(|issue| issue.message.clone()).collect() };
    let (live, tonight) = (Exporter::ExportLive, Exporter::ExportTonight);
    let first = of(tonight, "2026-01-09T21:00:00Z", &["tonight's list: BigQuery: down"]).judge(None);
    let second = of(live, "2026-01-09T21:03:00Z", &["live: down"]).judge(Some(&first));
    assert_eq!(texts(&second), ["tonight's list: BigQuery: down", "live: down"]);
    let third = of(live, "2026-01-09T21:06:00Z", &[]).judge(Some(&second));
    assert_eq!(texts(&third), ["tonight's list: BigQuery: down"]);
    assert_eq!(third.known_issues.first().map(|issue| issue.detected_at), Some(first.updated_at));
    let tomorrow = of(live, "2026-01-10T17:00:00Z", &[]).judge(Some(&third));
    assert_eq!(texts(&tomorrow), Vec::<String>::new());
    let mended = of(tonight, "2026-01-09T21:09:00Z", &[]).judge(Some(&third));
    assert_eq!(texts(&mended), Vec::<String>::new());
}

#[test]
fn a_run_that_ends_late_does_not_say_again_what_was_public_before() {
    let night = evening();
    let of = |poll: &str| Some(polled(poll, &[("BOS", InProgress)], 35));
    let newer = RunReport { live: of("2026-01-10T00:30:00Z"), ..run("2026-01-10T00:30:02Z", &night) };
    let older = RunReport { live: of("2026-01-10T00:27:00Z"), ..run("2026-01-10T00:30:05Z", &night) };
    let status = older.judge(Some(&newer.judge(None)));
    assert_eq!(status.services.live_data.poll_id, Some(PollId::at(instant("2026-01-10T00:30:00Z"))));
}
