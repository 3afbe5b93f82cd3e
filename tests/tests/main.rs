//! Every file is a topic. They are one program, because linking each alone takes longer than most of them run;
//! `memory` is its own, because it measures the process that it runs in.

#![recursion_limit = "256"]

mod contract {
    mod client;
    mod contract_with_the_original;
    mod contracts;
    mod mock_data;
}
mod deployment;
mod export_live;
mod export_tonight;
mod game_states {
    mod a_correction_is_shown;
    mod a_wrong_jump_heals;
    mod an_end_is_certain;
    mod cleared_listings;
    mod clocks;
    mod every_spelling_of_a_number;
    mod game_goes_on;
    mod games_end_whatever_drifts;
    mod one_game;
    mod tip_off;
    mod words_beside_a_running_clock;
}
mod grading;
mod night {
    mod board;
    mod chaos;
    mod history;
    mod replayed_night;
}
mod players;
mod processor {
    mod events;
    mod exactly_once;
    mod load;
    mod load_job_quota;
    mod process;
}
mod public_documents {
    mod dates;
    mod never_backwards;
    mod status;
    mod stored_as_gzip;
}
mod repository {
    mod commands;
    mod documents;
    mod failures_index;
    mod layers;
}
mod scraper {
    mod scrape;
}
mod service {
    mod credentials;
    mod deadlines;
    mod harness;
    mod hostile_input;
    mod invoker_auth;
    mod limits;
    mod standing_alone;
}
mod slate {
    mod main_line;
    mod nothing_disappears;
}
mod sources;
mod tools {
    mod bench;
    mod googlesql;
    mod local_cloud;
    mod second_opinion;
}
