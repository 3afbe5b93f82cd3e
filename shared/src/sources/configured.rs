//! The sources that are configured, in the order in which they are preferred.

use std::{future::Future, pin::Pin, time::Duration};

use super::{Polled, Source, balldontlie::BallDontLie, nba_cdn::NbaCdn};
use crate::{
    Clock, Error,
    env::Environment,
    nba::{NbaGameId, SlateDay},
};

/// How long the first source may take before the second is asked too.
pub const ASK_SECOND_AFTER: Duration = Duration::from_secs(8);

/// A request to a source, under way.
pub type PendingPoll = Pin<Box<dyn Future<Output = Result<Polled, Error>> + Send>>;

/// The sources of live scores: one, or a first and a second that stands in for it.
#[derive(Clone, Debug)]
pub struct LiveSources {
    order: Vec<Source>,
    balldontlie: Option<BallDontLie>,
    nba_cdn: Option<NbaCdn>,
}

impl LiveSources {
    /// Reads `LIVE_SOURCES`, the names in the order of preference (`balldontlie,nba_cdn` unless set), and the settings
    /// of those that are named.
    pub fn read(environment: &Environment) -> Result<Self, Error> {
        let named = environment.get("LIVE_SOURCES").unwrap_or_else(|| "balldontlie,nba_cdn".to_owned());
        let mut order = Vec::new();
        for name in named.split(',').map(str::trim) {
            let source = Source::ALL.into_iter().find(|source| source.name() == name);
            match source.filter(|source| !order.contains(source)) {
                Some(source) => order.push(source),
                None => {
                    return Err(Error::configuration(format!(
                        "LIVE_SOURCES is {named:?}, expected one or both of balldontlie,nba_cdn in the order of \
                         preference"
                    )));
                }
            }
        }
        let has = |source| order.contains(&source);
        let balldontlie = has(Source::BallDontLie).then(|| BallDontLie::read(environment)).transpose()?;
        let nba_cdn = has(Source::NbaCdn).then(|| NbaCdn::read(environment)).transpose()?;
        Ok(Self { order, balldontlie, nba_cdn })
    }

    /// The source that is asked first.
    pub fn first(&self) -> Source {
        self.order.first().copied().unwrap_or(Source::BallDontLie)
    }

    /// The source that stands in for it, if any.
    pub fn second(&self) -> Option<Source> {
        self.order.get(1).copied()
    }

    /// All of them, the first one first.
    pub fn order(&self) -> &[Source] {
        &self.order
    }

    /// BallDontLie, where it is one of them.
    pub fn balldontlie(&self) -> Option<&BallDontLie> {
        self.balldontlie.as_ref()
    }

    /// Today's games of `source`.
    pub async fn live(&self, source: Source, clock: &Clock) -> Result<Polled, Error> {
        match (source, &self.balldontlie, &self.nba_cdn) {
            (Source::BallDontLie, Some(balldontlie), _) => balldontlie.live(clock).await,
            (Source::NbaCdn, _, Some(nba_cdn)) => nba_cdn.live(clock).await,
            (source, ..) => Err(unnamed(source)),
        }
    }

    /// The games of a `day` of `source`; the NBA's feed knows them by their ids (`scheduled`) only.
    pub async fn on(
        &self,
        source: Source,
        clock: &Clock,
        day: SlateDay,
        scheduled: &[NbaGameId],
    ) -> Result<Polled, Error> {
        match (source, &self.balldontlie, &self.nba_cdn) {
            (Source::BallDontLie, Some(balldontlie), _) => balldontlie.on(clock, day).await,
            (Source::NbaCdn, _, Some(nba_cdn)) => nba_cdn.of(clock, scheduled).await,
            (source, ..) => Err(unnamed(source)),
        }
    }

    /// The answers of the first source, which is late, and of the second, until one of them is whole.
    pub async fn race(
        &self,
        mut first: PendingPoll,
        mut second: PendingPoll,
    ) -> (Result<Polled, Error>, Option<Result<Polled, Error>>) {
        tokio::select! {
            answer = &mut first => match answer {
                Ok(answer) => (Ok(answer), None),
                Err(error) => (Err(error), Some(second.await)),
            },
            stand_in = &mut second => match stand_in {
                Ok(stand_in) if stand_in.left_out == 0 => {
                    let within = format!("no answer within {ASK_SECOND_AFTER:?}");
                    (Err(self.first().error(within)), Some(Ok(stand_in)))
                }
                stand_in => (first.await, Some(stand_in)),
            },
        }
    }
}

fn unnamed(source: Source) -> Error {
    Error::internal(format!("{} was asked for scores, but LIVE_SOURCES does not name it", source.title()))
}
