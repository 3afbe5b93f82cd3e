//! BigQuery over SQLite: queries with named parameters, and load jobs with the caller's ids.

mod answer;
mod api;
mod load;
mod query;
mod schema;
mod warehouse;

pub use api::{LOCATION, router};
pub use schema::{Table, VIEWS_DATASET, View, views};
pub use warehouse::{Failed, Warehouse};
