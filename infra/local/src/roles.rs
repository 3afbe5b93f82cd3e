//! The permissions of the roles that this system's Terraform grants, from Google's reference:
//! <https://cloud.google.com/iam/docs/roles-permissions>, read on 2026-11-25. Only permissions that the
//! local cloud checks are listed.

/// Each role and its permissions.
const PERMISSIONS: [(&str, &[&str]); 7] = [
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
    // The next two roles also include `datasets.get`, but granted on a table they have no dataset to apply
    // it to.
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

/// Whether `role` includes `permission`. A role that is not in the table includes none.
pub(crate) fn permits(role: &str, permission: &str) -> bool {
    PERMISSIONS.iter().any(|(known, permissions)| *known == role && permissions.contains(&permission))
}
