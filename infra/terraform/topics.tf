# The dead-letter topics are with the functions that they are of: modules/event-function.

resource "google_pubsub_topic" "trigger" {
  name = var.trigger_topic

  depends_on = [google_project_service.apis]
}

resource "google_pubsub_topic" "predictions" {
  name = var.predictions_topic

  depends_on = [google_project_service.apis]
}

resource "google_pubsub_topic" "complete" {
  name = var.complete_topic

  # Who subscribes later finds a week of completions.
  message_retention_duration = "604800s"

  depends_on = [google_project_service.apis]
}
