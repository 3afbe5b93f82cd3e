locals {
  # Every three minutes from noon to 3:59 Eastern: matinees, weekend tips, west-coast overtimes. The slate day
  # ends at four.
  polls = "*/3 12-23,0-3 * * *"

  # Exports of yesterday, at 5:00, 7:30, 10:30 and 13:00: official box scores arrive in the warehouse through the
  # morning.
  settlement      = "0 5,13 * * *"
  settlement_half = "30 7,10 * * *"

  # Exports of tonight's list, Eastern time: in the morning, after the lines and predictions, and before the early
  # and the late games.
  tonight = {
    "1000" = "0 10 * * *"
    "1335" = "35 13 * * *"
    "1700" = "0 17 * * *"
    "1830" = "30 18 * * *"
  }
}

resource "google_cloud_scheduler_job" "tonight" {
  for_each = local.tonight

  name      = "export-tonight-${each.key}"
  region    = var.region
  schedule  = each.value
  time_zone = "America/New_York"

  pubsub_target {
    topic_name = google_pubsub_topic.trigger.id
    data = base64encode(jsonencode({
      export_types   = ["tonight"]
      target_date    = "today"
      correlation_id = "scheduled-${each.key}"
      trigger_source = "scheduler"
    }))
  }

  depends_on = [google_project_service.apis]
}
