//! The live export: the scores of a slate day become the public `v1/live/{date}.json`, its lines and predictions with
//! their outcomes `v1/live-grading/{date}.json`, the course of the scores `v1/live-timeline/{date}.json`; today's also
//! become each one's `latest.json`. It reports in `v1/status.json` and `v1/dates.json`, and shares the memory of the
//! day's slate, `slate/{date}.json`, with the tonight export.
//!
//! `POST / {"target_date": "today"|"yesterday"|"YYYY-MM-DD", "include_grading": true, "until_official": false,
//! "polls": 1, "every_seconds": 30}`; an empty body means today, graded, polled once. With `until_official`, nothing is
//! done once the official box scores have settled every line of the day. With more than one poll, the call goes on
//! polling while a game is on, and asks upstream nothing while none is on or near. Scores come from the first of the
//! sources; from the second where the first fails, is late or behind. Today comes from
//! BallDontLie's live endpoint; any other day comes from its dated one and leaves each `latest.json` alone.
//! The live endpoint drops a game an hour or two after its end: the document keeps what it had of a finished
//! game. The documents are of one poll. When upstream fails, the last public scores stay, and are graded where that
//! says anything new; a day without any gets the games of the schedule. When only the predictions are unavailable, the
//! scores are published and the answer names the missing document.

mod cached;
mod call;
pub mod chance;
mod dependents;
pub mod grading;
mod idle;
pub mod live;
mod matchup;
pub mod names;
pub mod poll;
pub mod predicted;
mod refreshing_cache;
mod report;
mod schedule;
mod settings;
pub mod timeline;
mod upstream;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Bytes};
use chrono::TimeDelta;
use shared::{
    Clock, Error,
    documents::{DatedDocument, Known, PublicDates, PublicDocument, Target, status::PublicStatus},
    google::{
        bigquery::BigQuery,
        storage::{Storage, WRITE_ATTEMPTS},
    },
    nba::{GameStatus, SlateDay, TeamPair},
    service,
    slate::ScheduledGame,
    sources::{LiveSources, Source, balldontlie::BallDontLie},
};
use tokio::time::Instant;
use tracing::Instrument;

use crate::{
    cached::{CachedCalledOff, CachedDeadLetters, CachedDirectory, CachedPredictions},
    call::{Exported, Reply, Request, Run},
    names::Names,
    poll::{Poll, PollContext},
    refreshing_cache::RefreshingCache,
    report::{AdvanceReport, RunNotes},
};

pub use settings::Settings;

/// How long scores wait for names from BigQuery before they are published with upstream's own.
const NAMES_TIMEOUT: Duration = Duration::from_secs(8);
/// How long the grading waits for predictions; the scores do not wait that long.
const PREDICTIONS_TIMEOUT: Duration = Duration::from_secs(40);
/// How long after its tip-off a game that the box scores do not list is looked for among the postponed ones: games
/// begin late, but not as late as that.
const LOOK_FOR_POSTPONED_AFTER: TimeDelta = TimeDelta::minutes(60);
/// How long the scores wait for the postponed games; they are loaded in the background.
const CALLED_OFF_TIMEOUT: Duration = Duration::from_secs(3);

/// Builds the router of the function.
pub fn app(settings: Settings, clock: Clock) -> Router {
    let service = settings.service.clone();
    let exporter = Arc::new(Exporter::new(settings, clock));
    service::http_or_get("export-live", &service, exporter, Exporter::answer)
}

/// The export, with its clients, caches and public documents.
#[derive(Clone)]
struct Exporter {
    sources: LiveSources,
    bigquery: BigQuery,
    scores: PublicDocument<live::Document>,
    grading: PublicDocument<grading::Document>,
    timeline: PublicDocument<timeline::Document>,
    status: PublicStatus,
    dates: PublicDates,
    directory: RefreshingCache<CachedDirectory>,
    predicted: RefreshingCache<CachedPredictions>,
    called_off: RefreshingCache<CachedCalledOff>,
    dead_letters: RefreshingCache<CachedDeadLetters>,
    /// What the sources listed when they were last compared.
    compared: Arc<Mutex<poll::PreviousListings>>,
    clock: Clock,
    /// The time in which a call has to be answered.
    deadline: Duration,
}

/// What a poll that fails leaves to be exported.
enum FailedPoll {
    /// The last public scores are graded.
    Graded(Exported),
    /// The day has no public scores yet: the games of the schedule are published.
    Scheduled(Error),
}

impl Exporter {
    fn new(settings: Settings, clock: Clock) -> Self {
        let Settings { service, google, sources, api_bucket, raw_bucket } = settings;
        let (bigquery, storage) = (BigQuery::new(&google), Storage::new(&google));
        let scores = PublicDocument::new(&storage, &api_bucket);
        let dead_letters = CachedDeadLetters { storage: storage.clone(), raw_bucket, clock: clock.clone() };
        let predictions = CachedPredictions {
            bigquery: bigquery.clone(),
            storage: storage.clone(),
            api_bucket: api_bucket.clone(),
            scores: scores.clone(),
            clock: clock.clone(),
        };
        let called_off =
            CachedCalledOff { balldontlie: sources.balldontlie().cloned(), clock: clock.clone() };
        Self {
            sources,
            grading: PublicDocument::new(&storage, &api_bucket),
            timeline: PublicDocument::new(&storage, &api_bucket),
            status: PublicStatus::new(&storage, &api_bucket),
            dates: PublicDates::new(&storage, &api_bucket),
            scores,
            directory: RefreshingCache::new(CachedDirectory(bigquery.clone())),
            predicted: RefreshingCache::new(predictions),
            called_off: RefreshingCache::new(called_off),
            dead_letters: RefreshingCache::new(dead_letters),
            bigquery,
            compared: Arc::default(),
            clock,
            deadline: service.invocation_deadline,
        }
    }

    /// Answers a call. Cloud Run takes the CPU away after the response, so background loading ends before it,
    /// even after an error.
    async fn answer(self: Arc<Self>, body: Bytes) -> Result<Reply, Error> {
        let request: Request = service::json_body(&body)?;
        let begun = Instant::now();
        let run = Run::begin(request, self.clock.now());
        if run.until_official
            && let Some(summary) = self.official_summary(&run).await
        {
            self.record_official(&run, &summary).await;
            return Ok(Reply::already_official(&run, &summary));
        }
        if request.is_scheduled_call()
            && let Some(idle) = self.idle(&run).await
        {
            return self.answer_idle(run, idle).await;
        }
        let mut reply = self.run(&run).await;
        for offset in request.later_polls() {
            let has_room = offset.max(begun.elapsed()) + BallDontLie::MAX_POLL_DURATION <= self.deadline;
            if !has_room || !self.has_games_on(&reply) {
                break;
            }
            if let Err(error) = &reply {
                tracing::warn!(day = %run.day, %error, "a poll failed; the call makes its next one");
            }
            tokio::time::sleep_until(begun + offset).await;
            reply = self.run(&Run::begin(request, self.clock.now())).await;
        }
        reply
    }

    /// Whether a game is on, after a failed poll by the public scores.
    fn has_games_on(&self, reply: &Result<Reply, Error>) -> bool {
        let public = || self.scores.remembered()?.document();
        match reply {
            Ok(reply) => reply.has_games_on(),
            Err(_) => public().is_some_and(|scores| scores.games_in_progress > 0),
        }
    }

    /// Makes one poll.
    async fn run(&self, run: &Run) -> Result<Reply, Error> {
        let exported = self.export(run).await;
        self.finish_background_loads().await;
        Ok(Reply::of(run, exported?))
    }

    /// Exports the documents of one poll, and reports the result in the status.
    async fn export(&self, run: &Run) -> Result<Exported, Error> {
        let preparation = tokio::spawn(self.clone().prepare_dependents(*run).in_current_span());
        let mut notes = RunNotes::default();
        let exported = self.publish(run, &mut notes).await;
        if let Ok(Exported::Scores { scores, .. }) = &exported {
            self.log_stand_in(&scores.document);
        }
        tokio::join!(self.report_result(run, &exported, notes), self.record_date(run, &exported));
        preparation.abort();
        exported
    }

    /// Publishes the scores of a poll made now, built on the public ones, and at the same time what depends on
    /// them. Where a concurrent writer wins, all is built again on the new public scores, unless these are of a
    /// later poll.
    async fn publish(&self, run: &Run, notes: &mut RunNotes) -> Result<Exported, Error> {
        let target = scores_target(run);
        let (first, names, known) =
            tokio::join!(self.ask_first(run), self.names(run.day), self.scores.known(&target));
        let mut known = known?;
        let games = known_games(&known, run.day);
        let context = PollContext { public: games.as_deref(), names: &names };
        let (mut poll, failed) = match self.poll(run, first, context, &mut notes.sources).await {
            Ok(poll) => (poll, None),
            Err(error) => match self.without_poll(run, error, &names).await? {
                FailedPoll::Graded(exported) => return Ok(exported),
                FailedPoll::Scheduled(error) => {
                    (Poll::without_request(run.day, self.clock.now()), Some(error))
                }
            },
        };
        for _ in 0..WRITE_ATTEMPTS {
            let games = known_games(&known, run.day);
            self.add_vanished_games(&mut poll, games.as_deref()).await;
            if run.asks_upstream && failed.is_none() {
                self.add_called_off_games(&mut poll, games.as_deref(), &names).await;
            }
            poll = poll.with_teams(PollContext { public: games.as_deref(), names: &names });
            if let Some(predicted) = names.predicted.as_ref().filter(|_| run.is_today) {
                poll.add_unlisted(&predicted.slate.games, games.as_deref());
            }
            let scores = poll.build_document(games.as_deref(), self.clock.now(), &names);
            if known.is_newer_than(poll.at) {
                return Ok(Exported::Superseded(scores));
            }
            let scores = Arc::new(scores);
            let write = self.scores.write(&known, poll.at, scores.clone());
            let dependents = async {
                let dependents = self.publish_dependents(run, &scores, poll.at);
                let report = async {
                    match &failed {
                        None => self.report_in_advance(run, &scores, &notes.sources).await,
                        Some(_) => AdvanceReport::None,
                    }
                };
                tokio::join!(dependents, report)
            };
            let (written, (dependents, reported)) = if scores.write_before_dependents {
                // It has to be certain that these scores are the public ones.
                let Some(written) = write.await? else {
                    known = self.scores.read(&target).await?;
                    continue;
                };
                (Ok(Some(written)), dependents.await)
            } else {
                tokio::join!(write, dependents)
            };
            notes.advance.keep_first(reported);
            match written? {
                Some(scores) => return Ok(Exported::Scores { scores, dependents, failed }),
                None => known = self.scores.read(&target).await?,
            }
        }
        Err(self.scores.changed_each_time(&target))
    }

    /// What can be exported without a poll, because of `error`: the last public scores, with what the schedule says of
    /// the other games, are graded where that locks or settles anything. They are read again because another instance
    /// may have written them.
    async fn without_poll(&self, run: &Run, error: Error, names: &Names) -> Result<FailedPoll, Error> {
        let known = self.scores.read(&scores_target(run)).await;
        let (Ok(known), Some(predicted)) = (known, names.predicted.as_deref()) else { return Err(error) };
        let now = self.clock.now();
        let (games, at) = match known.document().zip(known.version()) {
            Some((last, at)) => (last.games.clone(), at),
            // Unreadable public scores do not mean that there are none.
            None if known.exists() => return Err(error),
            None if run.is_today && !predicted.slate.games.is_empty() => {
                return Ok(FailedPoll::Scheduled(error));
            }
            None if !predicted.has_official_scores() => return Err(error),
            None => (Vec::new(), now),
        };
        let mut poll = Poll::without_request(run.day, at);
        if run.is_today {
            poll.add_unlisted(&predicted.slate.games, Some(&games));
        }
        let scores = Arc::new(poll.build_document(Some(&games), now, names));
        if !run.with_grading || !self.changes_grading(run, &scores, predicted).await {
            return Err(error);
        }
        let dependents = self.publish_dependents(run, &scores, at).await;
        Ok(FailedPoll::Graded(Exported::GradedOnly { error, scores, dependents }))
    }

    /// The names of the day's players, as far as available; the scores wait for them, because a row under
    /// another name would be another player.
    async fn names(&self, day: SlateDay) -> Names {
        let (directory, predicted) = tokio::join!(
            self.directory.get(day.season_start(), NAMES_TIMEOUT),
            self.predicted.at_any_age(day, NAMES_TIMEOUT),
        );
        Names { directory: directory.unwrap_or_default(), predicted }
    }

    /// Asks the dated endpoint for the final states of games that the poll no longer lists.
    async fn add_vanished_games(&self, poll: &mut Poll, public: Option<&[Arc<live::LiveGame>]>) {
        while let Some(date) = poll.next_date_to_ask(public) {
            let dated = self.sources.on(Source::BallDontLie, &self.clock, date, &[]).await;
            if let Err(error) = dated.and_then(|dated| poll.add_vanished(&dated, public)) {
                tracing::warn!(%error, "a public game is no longer listed and its final state is not available; its public state stays");
                poll.keep_public_state();
            }
        }
    }

    /// Adds games that were postponed or cancelled: the box scores may never list them.
    async fn add_called_off_games(
        &self,
        poll: &mut Poll,
        public: Option<&[Arc<live::LiveGame>]>,
        names: &Names,
    ) {
        let Some(predicted) = &names.predicted else { return };
        let mut listed = poll.pairs();
        let listed_in_public = public.into_iter().flatten().filter(|game| !game.is_unlisted());
        listed.extend(listed_in_public.map(|game| game.pair()));
        let is_late = |game: &ScheduledGame| {
            game.status != GameStatus::Postponed
                && game.tip_off.is_some_and(|tip_off| tip_off + LOOK_FOR_POSTPONED_AFTER <= poll.at)
        };
        let scheduled = predicted.slate.games.iter().map(|game| &game.scheduled);
        let missing: HashSet<TeamPair> =
            scheduled.filter(|game| is_late(game)).map(ScheduledGame::pair).collect();
        let missing = &missing - &listed;
        if missing.is_empty() {
            return;
        }
        if let Ok(called_off) = self.called_off.get(poll.day, CALLED_OFF_TIMEOUT).await {
            poll.add_called_off(&called_off, &missing);
        }
    }

    async fn finish_background_loads(&self) {
        tokio::join!(
            self.called_off.finish_background_loads(NAMES_TIMEOUT),
            self.directory.finish_background_loads(NAMES_TIMEOUT),
            self.predicted.finish_background_loads(NAMES_TIMEOUT),
            self.dead_letters.finish_background_loads(NAMES_TIMEOUT),
        );
    }
}

fn scores_target(run: &Run) -> Target {
    run.target(DatedDocument::Live)
}

/// The public games of a day; none where there is no document, `None` where it cannot be read. Where the two objects
/// are of different polls of the day, because only one of them could be written, the games are those of both.
fn known_games(known: &Known<live::Document>, day: SlateDay) -> Option<Vec<Arc<live::LiveGame>>> {
    let copy = known.differing_copy().filter(|copy| copy.game_date == day);
    match (known.document(), copy) {
        (Some(document), Some(copy)) if copy.poll_id > document.poll_id => {
            Some(live::merged(&copy.games, &document.games))
        }
        (Some(document), Some(copy)) => Some(live::merged(&document.games, &copy.games)),
        (Some(one), None) | (None, Some(one)) => Some(one.games.clone()),
        (None, None) if known.exists() => None,
        (None, None) => Some(Vec::new()),
    }
}
