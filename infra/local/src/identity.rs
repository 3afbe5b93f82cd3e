//! The callers of the local cloud, and the permissions that the deployment grants them.
//!
//! Each function has its own endpoint and calls there as its service account. The permissions of a service
//! account are read from `infra/terraform`, so that a call that production would refuse is refused here,
//! with Google's own message.

use std::{collections::BTreeMap, fmt, sync::Arc};

use hcl::{Body, Expression};

use crate::{
    pubsub::PROJECT,
    roles,
    terraform::{Module, attribute, field, fields, names, text},
};

/// A resource on which a permission is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the resource of that name")]
pub enum Resource {
    Project,
    Bucket(String),
    Object {
        bucket: String,
        name: String,
    },
    Dataset(String),
    /// `dataset.table`.
    Table(String),
    Topic(String),
}

/// A role on a resource, or on the objects of a bucket whose names begin with a prefix.
#[derive(Clone, Debug)]
struct Grant {
    role: String,
    on: Resource,
    prefix: Option<String>,
}

impl Grant {
    fn covers(&self, asked: &Resource) -> bool {
        match (&self.on, asked) {
            (Resource::Bucket(granted), Resource::Object { bucket, name }) => {
                granted == bucket
                    && self.prefix.as_ref().is_none_or(|prefix| name.starts_with(prefix.as_str()))
            }
            // A condition on object names does not match the bucket itself, whose objects are listed.
            (Resource::Bucket(granted), Resource::Bucket(bucket)) => {
                granted == bucket && self.prefix.is_none()
            }
            (granted, asked) => granted == asked,
        }
    }
}

/// The permissions of every function, as `infra/terraform` grants them.
#[derive(Clone, Debug)]
pub struct Access(Arc<BTreeMap<String, Vec<Grant>>>);

impl Access {
    /// Reads them from the Terraform files.
    pub fn deployed() -> Self {
        let (root, service) = (Module::read(""), Module::read("modules/service"));
        let functions = fields(root.local("functions"));
        let grants =
            functions.into_iter().map(|(name, function)| (name, grants(&root, &service, function))).collect();
        Self(Arc::new(grants))
    }

    /// The same without the grants of `role` to `function`, for tests of the resulting failure.
    pub fn without(&self, function: &str, role: &str) -> Self {
        let mut grants = BTreeMap::clone(&self.0);
        if let Some(grants) = grants.get_mut(function) {
            grants.retain(|grant| grant.role != role);
        }
        Self(Arc::new(grants))
    }

    /// The functions with an identity.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The caller that represents `function`.
    pub fn caller(&self, function: &str) -> Caller {
        let grants = self.0.get(function).cloned().unwrap_or_default();
        Caller {
            account: Some(format!("{function}@{PROJECT}.iam.gserviceaccount.com").into()),
            grants: grants.into(),
        }
    }
}

/// Reads the grants of the module `service` to one entry of `local.functions`.
fn grants(root: &Module, service: &Module, function: &Expression) -> Vec<Grant> {
    let literal = |resource: &Body, name: &str| attribute(resource, name).and_then(text);
    let each =
        |resource: &Body| attribute(resource, "for_each").map(Expression::to_string).unwrap_or_default();
    let mut grants = Vec::new();
    for resource in service.resources("google_storage_bucket_iam_member") {
        if !each(resource).contains("var.function.buckets") {
            continue;
        }
        for entry in field(function, "buckets").map(fields).unwrap_or_default().into_values() {
            let value = |name| field(entry, name).and_then(|value| root.value(value));
            if let (Some(bucket), Some(role)) = (value("bucket"), value("role")) {
                grants.push(Grant { role, on: Resource::Bucket(bucket), prefix: value("prefix") });
            }
        }
    }
    let tables = |list: &str| names(field(function, list));
    for resource in service.resources("google_bigquery_table_iam_member") {
        let Some(role) = literal(resource, "role") else { continue };
        for list in ["tables_read", "tables_written"] {
            if each(resource).contains(&format!("var.function.{list}")) {
                let of_table = |table| Grant { role: role.clone(), on: Resource::Table(table), prefix: None };
                grants.extend(tables(list).into_iter().map(of_table));
            }
        }
    }
    if !tables("tables_read").is_empty() || !tables("tables_written").is_empty() {
        let roles = service.resources("google_project_iam_member").into_iter();
        let roles = roles.filter_map(|resource| literal(resource, "role"));
        grants.extend(roles.map(|role| Grant { role, on: Resource::Project, prefix: None }));
    }
    for resource in service.resources("google_pubsub_topic_iam_member") {
        let Some(role) = literal(resource, "role") else { continue };
        for topic in field(function, "topics").map(fields).unwrap_or_default().into_values() {
            let on = root.value(topic).map(Resource::Topic);
            grants.extend(on.map(|on| Grant { role: role.clone(), on, prefix: None }));
        }
    }
    grants
}

/// The caller of a service.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The e-mail of a service account; `None` for an operator with every permission.
    account: Option<Arc<str>>,
    grants: Arc<[Grant]>,
}

/// A missing permission.
#[derive(Clone, Debug)]
pub struct Denied {
    /// The e-mail of the caller who lacks it.
    pub account: Arc<str>,
    /// The missing permission.
    pub permission: &'static str,
    /// The resource.
    pub on: Resource,
}

impl Caller {
    /// An operator of the project, who has every permission.
    pub fn operator() -> Self {
        Self { account: None, grants: Arc::default() }
    }

    /// A single name that identifies the caller.
    pub fn name(&self) -> &str {
        self.account.as_deref().unwrap_or("operator")
    }

    /// Whether this is an operator with every permission.
    pub fn is_operator(&self) -> bool {
        self.account.is_none()
    }

    /// Whether the caller has `permission` on a resource.
    pub fn may(&self, permission: &str, on: &Resource) -> bool {
        let granted = |grant: &Grant| grant.covers(on) && roles::permits(&grant.role, permission);
        self.is_operator() || self.grants.iter().any(granted)
    }

    /// The same, with a missing permission as an error.
    pub fn check(&self, permission: &'static str, on: Resource) -> Result<(), Denied> {
        match &self.account {
            Some(account) if !self.may(permission, &on) => {
                Err(Denied { account: account.clone(), permission, on })
            }
            _ => Ok(()),
        }
    }
}

/// In BigQuery's words, which most of Google's services use.
impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, permission, on } = self;
        let (kind, name) = match on {
            Resource::Project => ("Project", PROJECT.to_owned()),
            Resource::Dataset(dataset) => ("Dataset", format!("{PROJECT}:{dataset}")),
            Resource::Table(table) => ("Table", format!("{PROJECT}:{table}")),
            Resource::Topic(topic) => ("Topic", format!("projects/{PROJECT}/topics/{topic}")),
            // Cloud Storage words it in another order.
            Resource::Bucket(_) | Resource::Object { .. } => {
                let kind = if matches!(on, Resource::Bucket(_)) { "bucket" } else { "object" };
                return write!(
                    f,
                    "{account} does not have {permission} access to the Google Cloud Storage {kind}. \
                     Permission '{permission}' denied on resource (or it may not exist)."
                );
            }
        };
        let lower = kind.to_lowercase();
        write!(
            f,
            "Access Denied: {kind} {name}: Permission {permission} denied on {lower} {name} (or it may not exist)."
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_may_do_what_terraform_grants_and_nothing_else() {
        let processor = Access::deployed().caller("process-live-boxscores");
        let object = |name: &str| Resource::Object { bucket: "nba-scraped-data".into(), name: name.into() };
        let table = |name: &str| Resource::Table(name.into());
        for (permission, on, expected) in [
            ("storage.objects.create", object("staging/x.ndjson"), true),
            ("storage.objects.create", object("ball-dont-lie/x.json"), false),
            ("storage.objects.get", object("ball-dont-lie/x.json"), true),
            ("storage.objects.list", Resource::Bucket("nba-scraped-data".into()), true),
            ("storage.objects.list", Resource::Bucket("nba-props-platform-api".into()), false),
            ("bigquery.jobs.create", Resource::Project, true),
            ("bigquery.tables.updateData", table("nba_raw.bdl_live_boxscores"), true),
            ("bigquery.tables.updateData", table("nba_raw.nbac_schedule"), false),
            ("bigquery.datasets.get", Resource::Dataset("nba_raw".into()), false),
            ("pubsub.topics.publish", Resource::Topic("nba-phase6-export-complete".into()), false),
        ] {
            assert_eq!(processor.may(permission, &on), expected, "{permission} on {on:?}");
        }
        let denied = processor.check("bigquery.datasets.get", Resource::Dataset("nba_raw".into()));
        assert_eq!(
            denied.map_err(|denied| denied.to_string()),
            Err("Access Denied: Dataset local:nba_raw: Permission bigquery.datasets.get denied on dataset \
                 local:nba_raw (or it may not exist)."
                .into())
        );
    }
}
