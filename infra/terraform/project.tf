# Services of the project, and the identities that call the functions.

data "google_project" "this" {}

data "google_storage_project_service_account" "this" {
  depends_on = [google_project_service.apis]
}

# infra/deploy creates the service agents of Pub/Sub and Eventarc and grants them their roles. It is not done here,
# because `terraform destroy` would then take the roles away from every other system of the project.
locals {
  pubsub_agent = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

resource "google_project_service" "apis" {
  for_each = toset([
    "artifactregistry.googleapis.com",
    "bigquery.googleapis.com",
    "cloudscheduler.googleapis.com",
    "eventarc.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "storage.googleapis.com",
  ])

  service            = each.key
  disable_on_destroy = false
}

resource "google_service_account" "scheduler" {
  account_id   = "scheduler-caller"
  display_name = "Calls the HTTP functions on schedule"

  depends_on = [google_project_service.apis]
}

resource "google_service_account" "eventarc" {
  account_id   = "event-caller"
  display_name = "Delivers events to the functions"

  depends_on = [google_project_service.apis]
}

resource "google_project_iam_member" "eventarc_receives" {
  project = var.project
  role    = "roles/eventarc.eventReceiver"
  member  = google_service_account.eventarc.member
}

# Cloud Storage publishes the events of new objects to Pub/Sub under its own identity.
resource "google_project_iam_member" "storage_publishes_events" {
  project = var.project
  role    = "roles/pubsub.publisher"
  member  = data.google_storage_project_service_account.this.member
}

# A grant takes effect within about two minutes, and Eventarc refuses to create a trigger before.
# https://cloud.google.com/iam/docs/access-change-propagation
resource "time_sleep" "permissions" {
  create_duration = "120s"

  triggers = {
    receives  = google_project_iam_member.eventarc_receives.id
    publishes = google_project_iam_member.storage_publishes_events.id
  }
}
