# Terraform refuses to delete a bucket that holds objects, because force_destroy is off.

locals {
  # The public bucket's name. The bucket may belong to another system, so nothing refers to a resource.
  api = var.api_bucket
}

# Raw snapshots, staged rows and dead letters. No other system may use this bucket: a storage trigger fires for every
# object of a bucket, and the lifecycle rules delete by prefix.
resource "google_storage_bucket" "raw" {
  name                        = var.raw_bucket
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = false
  }

  dynamic "lifecycle_rule" {
    for_each = {
      "ball-dont-lie/live-boxscores/" = 30
      "nba-com/live-boxscores/"       = 30
      "dead-letter/"                  = 90
      "staging/"                      = 3 # a load job reads its file at once
    }
    content {
      condition {
        age            = lifecycle_rule.value
        matches_prefix = [lifecycle_rule.key]
      }
      action {
        type = "Delete"
      }
    }
  }

  depends_on = [google_project_service.apis]
}

# The public JSON, which browsers read.
resource "google_storage_bucket" "api" {
  count = var.own_api_bucket ? 1 : 0

  name                        = var.api_bucket
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "inherited"

  versioning {
    enabled = true
  }

  # The exporters write a version every thirty seconds; a week of them is kept to restore from.
  lifecycle_rule {
    condition {
      days_since_noncurrent_time = 7
    }
    action {
      type = "Delete"
    }
  }

  # Versioning replaces soft deletion, which would keep every version a second time.
  soft_delete_policy {
    retention_duration_seconds = 0
  }

  cors {
    origin          = var.cors_origins
    method          = ["GET"]
    response_header = ["Content-Type", "Cache-Control"]
    max_age_seconds = 3600
  }

  depends_on = [google_project_service.apis]
}

# The role includes listing, without which a missing object is answered with 403 instead of 404.
resource "google_storage_bucket_iam_member" "public" {
  count = var.own_api_bucket ? 1 : 0

  bucket = google_storage_bucket.api[0].name
  role   = "roles/storage.objectViewer"
  member = "allUsers"
}

resource "google_artifact_registry_repository" "images" {
  repository_id = "challenge-system"
  location      = var.region
  format        = "DOCKER"
  description   = "One image for each function, tagged by commit."

  cleanup_policies {
    id     = "keep-the-newest"
    action = "KEEP"
    most_recent_versions {
      keep_count = 10
    }
  }

  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"
    condition {
      older_than = "2592000s"
    }
  }

  depends_on = [google_project_service.apis]
}

# An operator adds the versions, so that no state file holds the key: see README.md, "Deploy".
resource "google_secret_manager_secret" "balldontlie_api_key" {
  secret_id = "balldontlie-api-key"

  replication {
    auto {}
  }

  depends_on = [google_project_service.apis]
}
