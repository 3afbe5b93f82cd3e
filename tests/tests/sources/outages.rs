//! BallDontLie fails for long, in each way that it has or might: the night goes on by the NBA's feed.

use std::sync::Arc;

use chrono::TimeDelta;
use local_cloud::{
    night::Night,
    outage::{Drill, Outage},
    replay::TICK,
};

async fn drill(outage: Outage, every: TimeDelta) -> Drill {
    let folder = tempfile::tempdir().expect("a folder");
    let night = Arc::new(Night::sample().expect("the sample night"));
    let drill = Drill::play(outage, folder.path(), night, every).await.expect("a replay");
    println!("{drill}");
    assert!(drill.holds(), "{drill}");
    drill
}

#[tokio::test(flavor = "multi_thread")]
async fn balldontlie_is_down_for_an_hour_and_the_scores_go_on_and_come_back_to_it() {
    let drill = drill(Outage::Hour, TICK).await;
    assert!((19..=21).contains(&drill.polls_by_the_feed), "{}", drill.polls_by_the_feed);
}

#[tokio::test(flavor = "multi_thread")]
async fn balldontlie_is_down_for_the_night_which_ends_as_recorded() {
    assert!(drill(Outage::Night, TICK).await.polls_by_the_feed > 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn balldontlie_refuses_the_key_for_good_and_the_night_ends_as_recorded() {
    assert!(drill(Outage::Refused, TICK).await.polls_by_the_feed > 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn balldontlie_freezes_in_the_third_quarter_and_is_left_within_five_minutes_and_two_polls() {
    assert!(drill(Outage::Frozen, TICK).await.polls_by_the_feed > 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn balldontlie_lacks_half_the_players_and_nobody_s_points_stand_still() {
    // Players are missed within minutes, which a longer interval would hide.
    assert!(drill(Outage::Halved, TimeDelta::minutes(1)).await.polls_by_the_feed > 150);
}
