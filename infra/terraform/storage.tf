# Neither bucket is ever deleted with something in it (force_destroy is off).

# Raw snapshots, staged rows and dead letters: nobody's but ours.
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
      "dead-letter/"                  = 90
      "staging/"                      = 3 # of no use once the load job is done
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

# The public JSON, for every browser.
resource "google_storage_bucket" "api" {
  name                        = var.api_bucket
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "inherited"

  versioning {
    enabled = true
  }

  # A new version every three minutes: a week of them is enough to look back.
  lifecycle_rule {
    condition {
      days_since_noncurrent_time = 7
    }
    action {
      type = "Delete"
    }
  }

  # The versions are there to go back to.
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

# The viewer may list too, without which a missing file would answer 403 instead of 404.
resource "google_storage_bucket_iam_member" "public" {
  bucket = google_storage_bucket.api.name
  role   = "roles/storage.objectViewer"
  member = "allUsers"
}

resource "google_artifact_registry_repository" "images" {
  repository_id = "challenge-system"
  location      = var.region
  format        = "DOCKER"
  description   = "An image a function, tagged by commit."

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

# Its versions are added by hand, so that the key is in no state file: see the README.
resource "google_secret_manager_secret" "balldontlie_api_key" {
  secret_id = "balldontlie-api-key"

  replication {
    auto {}
  }

  depends_on = [google_project_service.apis]
}
