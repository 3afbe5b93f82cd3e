//! What the roles that our Terraform grants permit, as Google's reference lists it:
//! <https://cloud.google.com/iam/docs/roles-permissions>, read on 2026-11-25. Only permissions that the
//! local cloud asks for are kept.

/// Each role and its permissions.
const ROLES: [(&str, &[&str]); 7] = [
    ("roles/storage.objectCreator", &["storage.objects.create"]),
    ("roles/storage.objectViewer", &["storage.objects.get", "storage.objects.list"]),
    (
        "roles/storage.objectUser",
        &[
            "storage.objects.create",
            "storage.objects.delete",
            "storage.objects.get",
            "storage.objects.list",
            "storage.objects.update",
        ],
    ),
    ("roles/bigquery.jobUser", &["bigquery.jobs.create"]),
    // `datasets.get` is in the next two roles as well, but not where they are granted on a table: there it
    // has no dataset to apply to.
    (
        "roles/bigquery.dataViewer",
        &["bigquery.datasets.get", "bigquery.tables.get", "bigquery.tables.getData"],
    ),
    (
        "roles/bigquery.dataEditor",
        &[
            "bigquery.datasets.get",
            "bigquery.tables.create",
            "bigquery.tables.get",
            "bigquery.tables.getData",
            "bigquery.tables.updateData",
        ],
    ),
    ("roles/pubsub.publisher", &["pubsub.topics.publish"]),
];

/// Whether `role` includes `permission`. A role that is not in the table permits nothing.
pub(crate) fn permits(role: &str, permission: &str) -> bool {
    ROLES.iter().any(|(known, permissions)| *known == role && permissions.contains(&permission))
}
