# One entry for each function.
locals {
  functions = {
    scrape-live-boxscores = {
      shape = "http"
      environment = {
        RAW_BUCKET   = google_storage_bucket.raw.name
        API_BUCKET   = local.api
        LIVE_SOURCES = var.live_sources
        BDL_API_URL  = var.balldontlie_url
        NBA_CDN_URL  = var.nba_cdn_url
      }
      secrets = {
        BDL_API_KEY = google_secret_manager_secret.balldontlie_api_key.secret_id
      }
      # It may create and read snapshots, but neither replace nor delete one.
      buckets = {
        create = { bucket = google_storage_bucket.raw.name, role = "roles/storage.objectCreator" }
        look   = { bucket = google_storage_bucket.raw.name, role = "roles/storage.objectViewer" }
        scores = { bucket = local.api, role = "roles/storage.objectViewer" } # which source the public scores come from
      }
      schedules = {
        snapshots = { cron = local.snapshots, body = jsonencode({ idle_every_minutes = 3 }) }
      }
    }

    process-live-boxscores = {
      shape = "event"
      environment = {
        RAW_BUCKET = google_storage_bucket.raw.name
      }
      # All load jobs append to one table, and BigQuery refuses too many at once with rateLimitExceeded. A single
      # instance limits them: it holds at most two snapshots at a time and pauses while load jobs fail. Up to
      # sixteen requests reach it; all other events wait in their subscription.
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
        API_BUCKET            = local.api
        EXPORT_COMPLETE_TOPIC = google_pubsub_topic.complete.name
      }
      buckets = {
        publish      = { bucket = local.api, role = "roles/storage.objectUser" }
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
        trigger     = { type = "google.cloud.pubsub.topic.v1.messagePublished", topic = google_pubsub_topic.trigger.name }
        predictions = { type = "google.cloud.pubsub.topic.v1.messagePublished", topic = var.predictions_topic }
      }
    }

    export-live = {
      shape = "http"
      environment = {
        RAW_BUCKET   = google_storage_bucket.raw.name
        API_BUCKET   = local.api
        LIVE_SOURCES = var.live_sources
        BDL_API_URL  = var.balldontlie_url
        NBA_CDN_URL  = var.nba_cdn_url
      }
      secrets = {
        BDL_API_KEY = google_secret_manager_secret.balldontlie_api_key.secret_id
      }
      buckets = {
        publish = { bucket = local.api, role = "roles/storage.objectUser" }
        count   = { bucket = google_storage_bucket.raw.name, role = "roles/storage.objectViewer" } # listing has no prefix
      }
      tables_read = [
        "nba_analytics.player_game_summary",
        "nba_analytics.upcoming_player_game_context",
        "nba_predictions.player_prop_predictions",
        "nba_raw.bdl_live_boxscores",
        "nba_raw.bdl_player_boxscores",
        "nba_raw.bettingpros_player_points_props",
        "nba_raw.nbac_injury_report",
        "nba_raw.nbac_schedule",
        "nba_reference.nba_players_registry",
      ]
      schedules = {
        polls           = { cron = local.polls, body = jsonencode({ target_date = "today", include_grading = true, polls = 2, every_seconds = 30 }) }
        settlement      = { cron = local.settlement, body = jsonencode({ target_date = "yesterday", until_official = true }) }
        settlement_half = { cron = local.settlement_half, body = jsonencode({ target_date = "yesterday", until_official = true }) }
      }
    }
  }

  # Environment variables of every function.
  environment = {
    GOOGLE_CLOUD_PROJECT = var.project
    # BigQuery finds a job only by its location, which is the location of the datasets.
    BIGQUERY_LOCATION = var.region
    # Cloud Run checks the caller and removes the token's signature before the function sees it.
    INVOKER_AUTH = "iam"
    RUST_LOG     = "info"
  }

  # Without this source its key is not needed, and does not have to be there.
  uses_balldontlie = strcontains(var.live_sources, "balldontlie")

  # During the comparison of a cut-over only the exporters run: see README.md beside this file.
  deployed = [for name in keys(local.functions) : name if !var.shadow || startswith(name, "export-")]

  images = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.repository_id}"
}

module "http_function" {
  source   = "./modules/http-function"
  for_each = { for name, function in local.functions : name => function if function.shape == "http" && contains(local.deployed, name) }

  project     = var.project
  region      = var.region
  name        = each.key
  image       = "${local.images}/${each.key}:${var.image_tag}"
  environment = merge(local.environment, each.value.environment)
  function = merge(each.value, {
    secrets = { for name, secret in try(each.value.secrets, {}) : name => secret if name != "BDL_API_KEY" || local.uses_balldontlie }
  })
  caller    = google_service_account.scheduler.email
  operators = var.operators

  depends_on = [
    google_bigquery_table.own,
    google_bigquery_table.upstream,
    google_project_service.apis,
    google_storage_bucket.api,
  ]
}

module "event_function" {
  source   = "./modules/event-function"
  for_each = { for name, function in local.functions : name => function if function.shape == "event" && contains(local.deployed, name) }

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
    google_pubsub_topic.predictions,
    google_storage_bucket.api,
    time_sleep.permissions,
  ]
}
