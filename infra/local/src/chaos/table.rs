//! The closing table of many storms.

use std::{collections::BTreeMap, fmt};

use super::{INVARIANTS, Outcome};
use crate::faults::{Fault, Service};

/// The sums over many storms.
#[derive(Debug, Default)]
pub struct Table {
    seeds: usize,
    counts: BTreeMap<&'static str, u64>,
    faults: BTreeMap<(Service, Fault), u64>,
    kills: BTreeMap<&'static str, u64>,
    violations: [Vec<String>; INVARIANTS.len()],
}

impl Table {
    /// Adds a storm.
    pub fn add(&mut self, outcome: Outcome) {
        self.seeds += 1;
        fn sum<K: Ord>(into: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
            from.into_iter().for_each(|(key, count)| *into.entry(key).or_default() += count);
        }
        sum(&mut self.counts, outcome.counts);
        sum(&mut self.faults, outcome.faults);
        sum(&mut self.kills, outcome.kills);
        for (all, of_seed) in self.violations.iter_mut().zip(outcome.violations) {
            all.extend(of_seed.into_iter().map(|what| format!("seed {}: {what}", outcome.seed)));
        }
    }

    /// Whether every invariant holds in every storm.
    pub fn holds(&self) -> bool {
        self.violations.iter().all(Vec::is_empty)
    }

    fn count(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or(0)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services =
            [Service::BallDontLie, Service::NbaCdn, Service::Storage, Service::BigQuery, Service::PubSub];
        writeln!(
            f,
            "  {:<34} {:>11} {:>9} {:>9} {:>9} {:>9}",
            "faults injected", "BallDontLie", "NBA feed", "Storage", "BigQuery", "Pub/Sub"
        )?;
        let mut kinds: Vec<Fault> = self.faults.keys().map(|(_, fault)| *fault).collect();
        kinds.sort_unstable();
        kinds.dedup();
        for kind in kinds {
            let of = services.map(|service| self.faults.get(&(service, kind)).copied().unwrap_or(0));
            let [a, b, c, d, e] = of.map(|count| if count == 0 { "-".to_owned() } else { count.to_string() });
            writeln!(f, "    {:<32} {a:>11} {b:>9} {c:>9} {d:>9} {e:>9}", kind.to_string())?;
        }
        writeln!(f, "  {:<34} {:>11}", "faults in all", self.faults.values().sum::<u64>())?;
        writeln!(f, "  {:<34} {:>11}", "events redelivered", self.count("redelivered"))?;
        let calls = format!("of {}", self.count("calls"));
        writeln!(f, "  {:<34} {:>11} {calls}", "scheduled calls that failed", self.count("failed calls"))?;
        let by_function: Vec<String> =
            self.kills.iter().map(|(name, count)| format!("{name} {count}")).collect();
        let kills = self.kills.values().sum::<u64>();
        writeln!(f, "  {:<34} {kills:>11} {}\n", "functions killed (SIGKILL)", by_function.join(", "))?;
        let looked_at = [
            format!("{} snapshots, {} rows", self.count("snapshots"), self.count("rows")),
            format!("{} versions", self.count("versions")),
            format!("{} dead letters", self.count("letters")),
            format!("{} pairs during the storms, {} ends", self.count("compared"), self.seeds),
            format!("{} lines", self.count("lines")),
        ];
        for ((invariant, violations), looked_at) in INVARIANTS.iter().zip(&self.violations).zip(looked_at) {
            let verdict = if violations.is_empty() { "ok  " } else { "FAIL" };
            writeln!(f, "  {verdict}  {invariant}  ({looked_at})")?;
            for violation in violations.iter().take(20) {
                writeln!(f, "          {violation}")?;
            }
            if violations.len() > 20 {
                writeln!(f, "          … and {} more", violations.len() - 20)?;
            }
        }
        Ok(())
    }
}
