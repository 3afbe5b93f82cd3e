# What wakes the on-call engineer. Each alert has its part in infra/RUNBOOK.md, under the same title.

locals {
  # Log-based counters. A test runs the functions and holds each filter against the lines that they write.
  metrics = {
    live_exports          = "resource.type=\"cloud_run_revision\" AND jsonPayload.message=\"live scores exported\" AND jsonPayload.is_today=true"
    live_exports_in_games = "resource.type=\"cloud_run_revision\" AND jsonPayload.message=\"live scores exported\" AND jsonPayload.is_today=true AND jsonPayload.games_in_progress>0"
    snapshots_with_games  = "resource.type=\"cloud_run_revision\" AND jsonPayload.message=\"snapshot written\" AND jsonPayload.game_count>0"
    snapshots_processed   = "resource.type=\"cloud_run_revision\" AND jsonPayload.message=\"snapshot processed\""
    status_unhealthy      = "resource.type=\"cloud_run_revision\" AND jsonPayload.message=\"status published\" AND jsonPayload.overall_status=\"unhealthy\""
    dead_letters          = "resource.type=\"cloud_run_revision\" AND (jsonPayload.message=\"event dead-lettered\" OR jsonPayload.message=\"part of a snapshot dead-lettered\")"
    scheduler_failures    = "resource.type=\"cloud_scheduler_job\" AND severity>=ERROR"
  }

  services = join("|", keys(local.functions))

  # PromQL, as Cloud Monitoring reads it: a log-based metric foo is logging_googleapis_com:user_foo.
  alerts = {
    "A function fails" = {
      query = <<-PROMQL
        sum by (service_name) (rate(run_googleapis_com:request_count{monitored_resource="cloud_run_revision", service_name=~"${local.services}", response_code_class="5xx"}[15m]))
          / sum by (service_name) (rate(run_googleapis_com:request_count{monitored_resource="cloud_run_revision", service_name=~"${local.services}"}[15m]))
          > 0.3
      PROMQL
      says  = "More than three in ten calls of a function ended in a 5xx over a quarter of an hour."
    }

    "A dead letter is kept" = {
      query = <<-PROMQL
        sum(increase(logging_googleapis_com:user_dead_letters{monitored_resource="cloud_run_revision"}[10m])) > 0
          or max(pubsub_googleapis_com:subscription_num_undelivered_messages{monitored_resource="pubsub_subscription", subscription_id=~".+-dead-letter"}) > 0
      PROMQL
      says  = "An event can never be processed, or was not acknowledged in a hundred attempts."
    }

    # While games are on: an export of the last three hours, longer than which no game goes on, saw one.
    # The schedule runs from noon to 3:59 Eastern; from 8:00 to 16:00 UTC it may be over, in summer.
    "The live file is old" = {
      query = <<-PROMQL
        (sum(increase(logging_googleapis_com:user_live_exports_in_games{monitored_resource="cloud_run_revision"}[3h])) > 0
          unless sum(increase(logging_googleapis_com:user_live_exports{monitored_resource="cloud_run_revision"}[10m])) > 0)
          and on() (hour() < 8 or hour() >= 16)
      PROMQL
      says  = "Games are on, and for ten minutes no live export has succeeded: the public scores are old."
    }

    # `increase` extrapolates to whole intervals, so that two failures may count as 1.9.
    "A schedule fails" = {
      query = <<-PROMQL
        sum by (job_id) (increase(logging_googleapis_com:user_scheduler_failures{monitored_resource="cloud_scheduler_job"}[10m])) > 1
      PROMQL
      says  = "Two calls of a schedule failed within ten minutes."
    }

    # The schedule runs from noon to 3:59 Eastern: from 17:00 to 8:00 UTC, in summer and in winter.
    "No live export" = {
      query = <<-PROMQL
        (vector(1) unless on() (sum(increase(logging_googleapis_com:user_live_exports{monitored_resource="cloud_run_revision"}[15m])) > 0))
          and on() (hour() + minute() / 60 >= 17.25 or hour() < 8)
      PROMQL
      says  = "For a quarter of an hour of the polling window no live export has succeeded: the schedule is paused, refused, or calls a function that fails."
    }

    "Snapshots are not processed" = {
      query = <<-PROMQL
        (sum(increase(logging_googleapis_com:user_snapshots_with_games{monitored_resource="cloud_run_revision"}[30m])) > 0)
          unless on() (sum(increase(logging_googleapis_com:user_snapshots_processed{monitored_resource="cloud_run_revision"}[30m])) > 0)
      PROMQL
      says  = "Snapshots of games were kept for half an hour, and none became rows: the trigger is missing, its calls are refused, or load jobs fail."
    }

    "Events wait" = {
      query = <<-PROMQL
        max by (subscription_id) (pubsub_googleapis_com:subscription_oldest_unacked_message_age{monitored_resource="pubsub_subscription", subscription_id=~"eventarc-.+"}) > 900
      PROMQL
      says  = "An event has not been acknowledged for a quarter of an hour."
    }

    "The status is unhealthy" = {
      query = <<-PROMQL
        sum(increase(logging_googleapis_com:user_status_unhealthy{monitored_resource="cloud_run_revision"}[15m])) > 2
      PROMQL
      says  = "status.json has said unhealthy more than twice in a quarter of an hour: the public files are fresh and empty, or old while games are on."
    }
  }
}

resource "google_logging_metric" "counters" {
  for_each = local.metrics

  name   = each.key
  filter = each.value

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }

  depends_on = [google_project_service.apis]
}

resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.alert_emails)

  display_name = each.key
  type         = "email"
  labels       = { email_address = each.key }

  depends_on = [google_project_service.apis]
}

resource "google_monitoring_alert_policy" "alerts" {
  for_each = local.alerts

  display_name          = each.key
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = [for channel in google_monitoring_notification_channel.email : channel.id]

  conditions {
    display_name = each.key

    condition_prometheus_query_language {
      query               = each.value.query
      duration            = "0s"
      evaluation_interval = "60s"
      # In an empty project no metric has a point yet.
      disable_metric_validation = true
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "${each.value.says} What to look at and how to mend it: infra/RUNBOOK.md, \"${each.key}\"."
  }

  alert_strategy {
    auto_close = "1800s"
  }

  depends_on = [google_logging_metric.counters]
}
