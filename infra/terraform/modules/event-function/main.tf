# A function that Eventarc delivers CloudEvents to. Eventarc repeats a delivery until the function acknowledges it with
# a 2xx status; an event that is never acknowledged goes to the function's dead-letter topic.

locals {
  triggers = {
    for key, trigger in var.function.triggers : key => merge({ bucket = null, topic = null }, trigger)
  }

  # Delivery settings of the subscription that Eventarc creates for each trigger, as flags of
  # `gcloud pubsub subscriptions update`. Eventarc's own acknowledgement deadline of ten seconds is shorter than a load
  # job takes, so that a running delivery would be repeated.
  delivery = {
    ack-deadline               = "120"  # seconds; an invocation ends after 100
    min-retry-delay            = "10s"  # pause after the first failed attempt; it doubles
    max-retry-delay            = "600s" # up to this one
    max-delivery-attempts      = "100"  # the most that Pub/Sub allows; with these pauses about 16 hours
    message-retention-duration = "7d"
  }
}

module "service" {
  source = "../service"

  project     = var.project
  region      = var.region
  name        = var.name
  image       = var.image
  environment = var.environment
  function    = var.function
  callers = merge(
    { events = "serviceAccount:${var.caller}" },
    { for operator in var.operators : operator => operator },
  )
}

resource "google_eventarc_trigger" "triggers" {
  for_each = local.triggers

  name            = "${var.name}-${each.key}"
  location        = var.region
  service_account = var.caller

  matching_criteria {
    attribute = "type"
    value     = each.value.type
  }

  dynamic "matching_criteria" {
    for_each = each.value.bucket == null ? [] : [each.value.bucket]
    content {
      attribute = "bucket"
      value     = matching_criteria.value
    }
  }

  dynamic "transport" {
    for_each = each.value.topic == null ? [] : [each.value.topic]
    content {
      pubsub {
        topic = "projects/${var.project}/topics/${transport.value}"
      }
    }
  }

  destination {
    cloud_run_service {
      service = module.service.name
      region  = var.region
      path    = "/"
    }
  }
}

resource "google_pubsub_topic" "dead_letter" {
  name = "${var.name}-dead-letter"
}

# A topic keeps messages only for its subscriptions.
resource "google_pubsub_subscription" "dead_letter" {
  name                       = "${var.name}-dead-letter"
  topic                      = google_pubsub_topic.dead_letter.id
  message_retention_duration = "2678400s" # 31 days, the longest.
  ack_deadline_seconds       = 600

  expiration_policy {
    ttl = "" # never
  }
}

resource "google_pubsub_topic_iam_member" "forwards" {
  topic  = google_pubsub_topic.dead_letter.id
  role   = "roles/pubsub.publisher"
  member = var.forwarder

  depends_on = [google_eventarc_trigger.triggers]
}

resource "google_pubsub_subscription_iam_member" "forwards" {
  for_each = google_eventarc_trigger.triggers

  subscription = each.value.transport[0].pubsub[0].subscription
  role         = "roles/pubsub.subscriber"
  member       = var.forwarder
}

# No attribute of a trigger has these settings. https://cloud.google.com/eventarc/docs/retry-events
resource "terraform_data" "delivery" {
  for_each = google_eventarc_trigger.triggers

  triggers_replace = [
    each.value.transport[0].pubsub[0].subscription,
    google_pubsub_topic.dead_letter.id,
    local.delivery,
  ]

  provisioner "local-exec" {
    command = join(" ", concat(
      [
        "gcloud pubsub subscriptions update ${each.value.transport[0].pubsub[0].subscription}",
        "--project=${var.project}",
        "--dead-letter-topic=${google_pubsub_topic.dead_letter.id}",
      ],
      [for flag, value in local.delivery : "--${flag}=${value}"],
    ))
  }

  depends_on = [
    google_pubsub_subscription_iam_member.forwards,
    google_pubsub_topic_iam_member.forwards,
  ]
}
