//! A call of the schedule while no game is on or near: upstream is not asked, and the documents of the day are written
//! from the schedule alone.

use std::sync::Arc;

use shared::Error;

use crate::{
    Exporter, NAMES_TIMEOUT,
    call::{Reply, Run},
    live,
    schedule::{IDLE_INTERVAL, is_idle},
    scores_target,
};

/// What a call does while no game is on or near.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Idle {
    /// Nothing: the documents are recent.
    UpToDate,
    /// It rewrites the documents from the schedule, without a poll.
    Rewrite,
    /// It polls: the schedule may not be complete, because it has no game of the day or not the one of a prediction.
    Poll,
}

impl Exporter {
    /// Whether no game is on or near, and what is to be done then. `None` also where that cannot be known.
    pub(crate) async fn idle(&self, run: &Run) -> Option<Idle> {
        if !run.is_today {
            return None;
        }
        let target = scores_target(run);
        let (predicted, known) =
            tokio::join!(self.predicted.get(run.day, NAMES_TIMEOUT), self.scores.known(&target));
        let (predicted, known) = (predicted.ok()?, known.ok()?);
        let public = known.document().filter(|scores| scores.game_date == run.day);
        if public.is_none() && known.exists() {
            return None;
        }
        let games = public.as_ref().map(|scores| scores.games.as_slice()).unwrap_or_default();
        let now = self.clock.now();
        if !is_idle(games, &predicted.slate, now) {
            return None;
        }
        let is_recent = |scores: &Arc<live::Document>| now < scores.updated_at + IDLE_INTERVAL;
        Some(match public {
            Some(scores) if is_recent(&scores) => Idle::UpToDate,
            _ if predicted.slate.may_lack_a_game() => Idle::Poll,
            _ => Idle::Rewrite,
        })
    }

    /// Answers a call while no game is on or near.
    pub(crate) async fn answer_idle(&self, mut run: Run, idle: Idle) -> Result<Reply, Error> {
        run.asks_upstream = idle == Idle::Poll;
        let exported = match idle {
            Idle::UpToDate => None,
            Idle::Rewrite | Idle::Poll => Some(self.export(&run).await),
        };
        self.finish_background_loads().await;
        match exported.transpose()? {
            Some(exported) => Ok(Reply::of(&run, exported)),
            None => Ok(Reply::idle(&run)),
        }
    }
}
