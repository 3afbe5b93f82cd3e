locals {
  # From noon to 3:59 Eastern: matinees, weekend tips, west-coast overtimes. The slate day ends at four.
  # Both functions are called every minute. While a game is on, a call of the export polls twice; while none is on or
  # near, it asks upstream nothing. The history has a poll every minute while a game is on, else every three: each is a
  # load job, and the table has a limit of them.
  polls     = "* 12-23,0-3 * * *"
  snapshots = "* 12-23,0-3 * * *"

  # Exports of yesterday, at 5:00, 7:30, 10:30 and 13:00: official box scores arrive in the warehouse through the
  # morning. Once they have settled every line, the remaining ones do nothing.
  settlement      = "0 5,13 * * *"
  settlement_half = "30 7,10 * * *"

  # Exports of tonight's list, Eastern time: of today's every quarter of an hour until after the last tip-off, of which
  # none writes a list that has not changed; of yesterday's ten minutes after each settlement, for its results.
  tonight = {
    quarter_hourly = { cron = "*/15 10-23 * * *", target_date = "today" }
    results        = { cron = "10 5,13 * * *", target_date = "yesterday" }
    results_half   = { cron = "40 7,10 * * *", target_date = "yesterday" }
  }
}

resource "google_cloud_scheduler_job" "tonight" {
  for_each = local.tonight

  name      = "export-tonight-${each.key}"
  region    = var.region
  schedule  = each.value.cron
  time_zone = "America/New_York"

  pubsub_target {
    topic_name = google_pubsub_topic.trigger.id
    data = base64encode(jsonencode({
      export_types   = ["tonight"]
      target_date    = each.value.target_date
      correlation_id = "scheduled-${each.key}"
      trigger_source = "scheduler"
    }))
  }

  depends_on = [google_project_service.apis]
}
