//! BigQuery over SQLite: queries with named parameters, and load jobs with the caller's ids.

mod api;
mod schema;
mod warehouse;

pub use api::{LOCATION, router};
pub use schema::{Table, VIEWS_DATASET, View, views};
pub use warehouse::{Failed, Warehouse};
