# Every function, once. To add one is to add an entry.
locals {
  functions = {
    scrape-live-boxscores = {
      shape = "http"
      environment = {
        RAW_BUCKET  = google_storage_bucket.raw.name
        BDL_API_URL = var.balldontlie_url
      }
      secrets = {
        BDL_API_KEY = google_secret_manager_secret.balldontlie_api_key.secret_id
      }
      # It creates snapshots and looks at those that exist; it can neither replace nor delete any.
      buckets = {
        create = { bucket = google_storage_bucket.raw.name, role = "roles/storage.objectCreator" }
        look   = { bucket = google_storage_bucket.raw.name, role = "roles/storage.objectViewer" }
      }
      schedules = {
        polls = { cron = local.polls, body = "{}" }
      }
    }

    process-live-boxscores = {
      shape = "event"
      environment = {
        RAW_BUCKET = google_storage_bucket.raw.name
      }
      # All load jobs go to one table, and BigQuery refuses too many at once. One instance knows of all of them:
      # it runs two and pauses all while they fail. Sixteen events wait in it, the others in their subscription.
      concurrency   = 16
      max_instances = 1
      buckets = {
        read         = { bucket = google_storage_bucket.raw.name, role = "roles/storage.objectViewer" }
        stage        = { bucket = google_storage_bucket.raw.name, role = "roles/storage.objectUser", prefix = "staging/" }
        dead_letters = { bucket = google_storage_bucket.raw.name, role = "roles/storage.objectUser", prefix = "dead-letter/" }
      }
      tables_written = ["nba_raw.bdl_live_boxscores"]
      triggers = {
        snapshots = { type = "google.cloud.storage.object.v1.finalized", bucket = google_storage_bucket.raw.name }
      }
    }

    export-tonight = {
      shape = "event"
      environment = {
        RAW_BUCKET            = google_storage_bucket.raw.name
        API_BUCKET            = google_storage_bucket.api.name
        EXPORT_COMPLETE_TOPIC = google_pubsub_topic.complete.name
      }
      buckets = {
        publish      = { bucket = google_storage_bucket.api.name, role = "roles/storage.objectUser" }
        count        = { bucket = google_storage_bucket.raw.name, role = "roles/storage.objectViewer" } # listing has no prefix
        dead_letters = { bucket = google_storage_bucket.raw.name, role = "roles/storage.objectUser", prefix = "dead-letter/" }
      }
      tables_read = [
        "nba_analytics.player_game_summary",
        "nba_analytics.upcoming_player_game_context",
        "nba_precompute.player_composite_factors",
        "nba_predictions.player_prop_predictions",
        "nba_raw.bdl_live_boxscores",
        "nba_raw.bettingpros_player_points_props",
        "nba_raw.nbac_injury_report",
        "nba_raw.nbac_schedule",
        "nba_reference.nba_players_registry",
      ]
      topics = { complete = google_pubsub_topic.complete.name }
      triggers = {
        trigger     = { type = "google.cloud.pubsub.topic.v1.messagePublished", topic = google_pubsub_topic.trigger.id }
        predictions = { type = "google.cloud.pubsub.topic.v1.messagePublished", topic = google_pubsub_topic.predictions.id }
      }
    }

    export-live = {
      shape = "http"
      environment = {
        RAW_BUCKET  = google_storage_bucket.raw.name
        API_BUCKET  = google_storage_bucket.api.name
        BDL_API_URL = var.balldontlie_url
      }
      secrets = {
        BDL_API_KEY = google_secret_manager_secret.balldontlie_api_key.secret_id
      }
      buckets = {
        publish = { bucket = google_storage_bucket.api.name, role = "roles/storage.objectUser" }
        count   = { bucket = google_storage_bucket.raw.name, role = "roles/storage.objectViewer" } # listing has no prefix
      }
      tables_read = [
        "nba_analytics.player_game_summary",
        "nba_analytics.upcoming_player_game_context",
        "nba_predictions.player_prop_predictions",
        "nba_raw.bdl_live_boxscores",
        "nba_raw.bdl_player_boxscores",
        "nba_raw.bettingpros_player_points_props",
        "nba_raw.nbac_schedule",
        "nba_reference.nba_players_registry",
      ]
      schedules = {
        polls = { cron = local.polls, body = jsonencode({ target_date = "today", include_grading = true }) }
      }
    }
  }

  # What every function is told.
  environment = {
    GOOGLE_CLOUD_PROJECT = var.project
    # A job is found only with the location of its datasets, which is the region of everything.
    BIGQUERY_LOCATION = var.region
    # Cloud Run has checked the caller before us, and replaced the token's signature.
    INVOKER_AUTH = "iam"
    RUST_LOG     = "info"
  }

  images = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.repository_id}"
}

module "http_function" {
  source   = "./modules/http-function"
  for_each = { for name, function in local.functions : name => function if function.shape == "http" }

  project     = var.project
  region      = var.region
  name        = each.key
  image       = "${local.images}/${each.key}:${var.image_tag}"
  environment = merge(local.environment, each.value.environment)
  function    = each.value
  caller      = google_service_account.scheduler.email
  operators   = var.operators

  depends_on = [google_bigquery_table.own, google_bigquery_table.upstream, google_project_service.apis]
}

module "event_function" {
  source   = "./modules/event-function"
  for_each = { for name, function in local.functions : name => function if function.shape == "event" }

  project     = var.project
  region      = var.region
  name        = each.key
  image       = "${local.images}/${each.key}:${var.image_tag}"
  environment = merge(local.environment, each.value.environment)
  function    = each.value
  caller      = google_service_account.eventarc.email
  operators   = var.operators
  forwarder   = local.pubsub_agent

  depends_on = [
    google_bigquery_table.own,
    google_bigquery_table.upstream,
    google_project_service.apis,
    time_sleep.permissions,
  ]
}
