# The dead-letter topic of a function is in modules/event-function.

resource "google_pubsub_topic" "trigger" {
  name = var.trigger_topic

  depends_on = [google_project_service.apis]
}

# The prediction system's topic, which only a demonstration project has to create.
resource "google_pubsub_topic" "predictions" {
  count = var.own_warehouse ? 1 : 0

  name = var.predictions_topic

  depends_on = [google_project_service.apis]
}

resource "google_pubsub_topic" "complete" {
  name = var.complete_topic

  # A later subscriber may read the completions of the last week.
  message_retention_duration = "604800s"

  depends_on = [google_project_service.apis]
}
