//! Asking the sources for one poll.

use std::sync::PoisonError;

use shared::{
    Error,
    documents::status::{Compared, SourceReport},
    nba::{GameStatus, NbaGameId},
    sources::{ASK_SECOND_AFTER, PendingPoll, Polled, Source},
};

use crate::{
    Exporter,
    call::Run,
    live,
    poll::{Comparison, Poll, PollContext},
};

/// The answer of the first source, as far as there is one.
pub(crate) enum FirstAnswer {
    /// No source is asked.
    NotAsked,
    Answered(Result<Polled, Error>),
    /// The source is late; the request goes on.
    Late(PendingPoll),
}

/// How the sources answered one poll, for the status.
#[derive(Clone, Debug, Default)]
pub(crate) struct SourceAnswers {
    asked: Vec<(Source, Result<(), String>)>,
    comparison: Option<Comparison>,
}

impl SourceAnswers {
    /// Notes whether a source has given an answer that can be read.
    fn note(&mut self, source: Source, answer: Result<Poll, Error>) -> Result<Poll, Error> {
        self.asked.push((source, answer.as_ref().map(drop).map_err(ToString::to_string)));
        answer
    }
}

impl Exporter {
    /// Asks the first source.
    pub(crate) async fn ask_first(&self, run: &Run) -> FirstAnswer {
        if !run.asks_upstream {
            return FirstAnswer::NotAsked;
        }
        let first = self.sources.first();
        // The NBA's feed knows the games of another day by their ids only.
        let ids = match (first, run.is_today) {
            (Source::NbaCdn, false) => {
                let names = self.names(run.day).await;
                PollContext { public: None, names: &names }.game_ids()
            }
            _ => Vec::new(),
        };
        let mut pending = self.pending_poll(run, first, ids);
        match tokio::time::timeout(ASK_SECOND_AFTER, &mut pending).await {
            Ok(answer) => FirstAnswer::Answered(answer),
            Err(_) => FirstAnswer::Late(pending),
        }
    }

    /// The poll that follows from the answer of the first source, and of the second where that is needed: the first one
    /// fails, is late or behind, public scores come from the second, or the two are to be compared.
    pub(crate) async fn poll(
        &self,
        run: &Run,
        first: FirstAnswer,
        context: PollContext<'_>,
        answers: &mut SourceAnswers,
    ) -> Result<Poll, Error> {
        let (one, other) = (self.sources.first(), self.sources.second());
        let read = |polled: Polled| {
            let poll = match Poll::of(run.day, run.is_today, &polled) {
                Err(error) if run.is_today && context.has_no_games() => {
                    tracing::warn!(%error, "a day without games of the league has others that cannot be read");
                    Poll::without_request(run.day, polled.at)
                }
                poll => poll?.with_teams(context),
            };
            let is_named = polled.source == Source::NbaCdn || context.mixes_sources();
            Ok(if is_named { poll.named(context) } else { poll })
        };
        let Some(other) = other else {
            let answer = match first {
                FirstAnswer::NotAsked => return Ok(Poll::without_request(run.day, self.clock.now())),
                FirstAnswer::Answered(answer) => answer,
                FirstAnswer::Late(pending) => pending.await,
            };
            return answers.note(one, answer.and_then(read));
        };
        let ask_other = || self.pending_poll(run, other, context.game_ids());
        let (answer, stand_in) = match first {
            FirstAnswer::NotAsked => return Ok(Poll::without_request(run.day, self.clock.now())),
            FirstAnswer::Answered(answer) => (answer, None),
            FirstAnswer::Late(pending) => self.sources.race(pending, ask_other()).await,
        };
        let first = answers.note(one, answer.and_then(read));
        let suffices = |first: &Poll| {
            if run.is_today {
                !first.needs_second_source(other, context)
            } else {
                !first.lacks_an_open_game(context)
            }
        };
        let is_enough = matches!(&first, Ok(first) if suffices(first));
        if is_enough {
            return first;
        }
        let stand_in = match stand_in {
            Some(answer) => answer,
            None => ask_other().await,
        };
        match (first, answers.note(other, stand_in.and_then(read))) {
            (Ok(first), Ok(second)) => {
                let mut compared = self.compared.lock().unwrap_or_else(PoisonError::into_inner);
                let (poll, comparison) = first.named(context).combined(second, context, &compared);
                compared.remember(&comparison);
                answers.comparison = Some(comparison);
                Ok(poll)
            }
            (Ok(first), Err(error)) => {
                tracing::warn!(%error, second = other.name(), "the second source of scores fails");
                Ok(first)
            }
            (Err(error), Ok(second)) => {
                tracing::warn!(%error, second = other.name(), "the first source of scores fails; the second stands in");
                Ok(second)
            }
            (Err(error), Err(second_error)) => {
                tracing::warn!(error = %second_error, second = other.name(), "the second source of scores fails too");
                Err(error)
            }
        }
    }

    fn pending_poll(&self, run: &Run, source: Source, scheduled: Vec<NbaGameId>) -> PendingPoll {
        let (sources, clock, run) = (self.sources.clone(), self.clock.clone(), *run);
        Box::pin(async move {
            if run.is_today {
                sources.live(source, &clock).await
            } else {
                sources.on(source, &clock, run.day, &scheduled).await
            }
        })
    }

    /// Logs that games in progress come from the second source; an alert counts the line.
    pub(crate) fn log_stand_in(&self, scores: &live::Document) {
        let Some(second) = self.sources.second() else { return };
        let games = games_on_by(second, scores);
        if games > 0 {
            tracing::warn!(games, second = second.name(), "scores come from the second source");
        }
    }

    /// What the status says of the sources after a run that published `scores`.
    pub(crate) fn source_reports(
        &self,
        answers: &SourceAnswers,
        scores: Option<&live::Document>,
    ) -> Vec<SourceReport> {
        let now = self.clock.now();
        let reports = self.sources.order().iter().enumerate().map(|(place, source)| {
            let asked = answers.asked.iter().find(|(asked, _)| asked == source);
            SourceReport {
                source: *source,
                asked: asked.map(|(_, answer)| (now, answer.as_ref().err().cloned())),
                games: scores.map_or(0, |scores| games_on_by(*source, scores)),
                compared: answers.comparison.as_ref().map(|comparison| Compared {
                    at: comparison.at,
                    lag_seconds: comparison.lag.get(place).copied().unwrap_or(0),
                    disagreements: comparison.disagreements,
                    differing_finals: comparison.differing_finals.clone(),
                    agreeing_finals: comparison.agreeing_finals.clone(),
                }),
            }
        });
        reports.collect()
    }
}

/// The number of games in progress that come from `source`.
fn games_on_by(source: Source, scores: &live::Document) -> usize {
    let on = scores.games.iter().filter(|game| game.status == GameStatus::InProgress);
    on.filter(|game| game.source == Some(source)).count()
}
