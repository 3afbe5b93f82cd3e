# Alerts. Each one has a chapter of the same title in infra/RUNBOOK.md.

locals {
  # Log-based counters. A test runs the functions and compares each filter with the lines that they write.
  metrics = {
    live_exports          = "resource.type=\"cloud_run_revision\" AND (jsonPayload.message=\"live scores exported\" OR jsonPayload.message=\"no game is on or near\") AND jsonPayload.is_today=true"
    live_exports_in_games = "resource.type=\"cloud_run_revision\" AND jsonPayload.message=\"live scores exported\" AND jsonPayload.is_today=true AND jsonPayload.games_in_progress>0"
    snapshots_with_games  = "resource.type=\"cloud_run_revision\" AND jsonPayload.message=\"snapshot written\" AND jsonPayload.game_count>0"
    snapshots_processed   = "resource.type=\"cloud_run_revision\" AND jsonPayload.message=\"snapshot processed\""
    status_unhealthy      = "resource.type=\"cloud_run_revision\" AND jsonPayload.message=\"status published\" AND jsonPayload.overall_status=\"unhealthy\""
    scores_degraded       = "resource.type=\"cloud_run_revision\" AND jsonPayload.message=\"status published\" AND jsonPayload.live_data=\"degraded\""
    dead_letters          = "resource.type=\"cloud_run_revision\" AND (jsonPayload.message=\"event dead-lettered\" OR jsonPayload.message=\"part of a snapshot dead-lettered\")"
    second_source         = "resource.type=\"cloud_run_revision\" AND jsonPayload.message=\"scores come from the second source\""
    second_source_fails   = "resource.type=\"cloud_run_revision\" AND jsonPayload.message=\"the second source of scores fails\""
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
      says  = "More than three in ten calls of a function have ended with a 5xx status within 15 minutes."
    }

    "A dead letter is kept" = {
      query = <<-PROMQL
        sum(increase(logging_googleapis_com:user_dead_letters{monitored_resource="cloud_run_revision"}[10m])) > 0
          or max(pubsub_googleapis_com:subscription_num_undelivered_messages{monitored_resource="pubsub_subscription", subscription_id=~".+-dead-letter"}) > 0
      PROMQL
      says  = "A function has dead-lettered an event, or has not acknowledged one in a hundred attempts."
    }

    # Games are in progress if an export of the last three hours has seen one. From 8:00 to 16:00 UTC the schedule,
    # which runs from noon to 3:59 Eastern, may be over.
    "The live file is old" = {
      query = <<-PROMQL
        (sum(increase(logging_googleapis_com:user_live_exports_in_games{monitored_resource="cloud_run_revision"}[3h])) > 0
          unless sum(increase(logging_googleapis_com:user_live_exports{monitored_resource="cloud_run_revision"}[10m])) > 0)
          and on() (hour() < 8 or hour() >= 16)
      PROMQL
      says  = "Games are in progress and no live export has succeeded for ten minutes: the public scores are old."
    }

    # `increase` extrapolates, so that two failures may count as 1.9.
    "A schedule fails" = {
      query = <<-PROMQL
        sum by (job_id) (increase(logging_googleapis_com:user_scheduler_failures{monitored_resource="cloud_scheduler_job"}[10m])) > 2
      PROMQL
      says  = "Three calls of a schedule have failed within ten minutes."
    }

    # Short failures of the first source raise no alert; viewers do not notice them.
    "Scores come from the second source" = {
      query = <<-PROMQL
        sum(increase(logging_googleapis_com:user_second_source{monitored_resource="cloud_run_revision"}[30m])) > 30
      PROMQL
      says  = "For half an hour most scores have come from the second source: the first one fails, is late, stands still or lacks players."
    }

    # While games are on both sources are asked every five minutes, so that this is half an hour of failures; less where
    # the first one is behind and the second is needed. Where both fail "The live file is old".
    "The second source fails" = {
      query = <<-PROMQL
        sum(increase(logging_googleapis_com:user_second_source_fails{monitored_resource="cloud_run_revision"}[1h])) > 5
      PROMQL
      says  = "The second source of scores has failed more than five times within an hour: nothing stands in if the first one fails too."
    }

    # The schedule runs from noon to 3:59 Eastern, which includes 17:00 to 7:59 UTC in winter and in summer. The first
    # quarter of an hour is left out, because the night has no earlier export.
    "No live export" = {
      query = <<-PROMQL
        absent(sum(increase(logging_googleapis_com:user_live_exports{monitored_resource="cloud_run_revision"}[15m])) > 0)
          and on() (hour() + minute() / 60 >= 17.25 or hour() < 8)
      PROMQL
      says  = "No live export has succeeded for 15 minutes of the polling window: the schedule is paused or refused, or the function fails."
    }

    # More than three snapshots, so that the first one of a night does not alert while its rows are being loaded.
    "Snapshots are not processed" = {
      query = <<-PROMQL
        (sum(increase(logging_googleapis_com:user_snapshots_with_games{monitored_resource="cloud_run_revision"}[30m])) > 3)
          unless on() (sum(increase(logging_googleapis_com:user_snapshots_processed{monitored_resource="cloud_run_revision"}[30m])) > 0)
      PROMQL
      says  = "Snapshots with games were written within 30 minutes and none was processed: the trigger is missing, its calls are refused, or load jobs fail."
    }

    # Eventarc names a subscription after its region and trigger, and a trigger here begins with its function's name.
    # Subscriptions of other systems in the project do not match.
    "Events wait" = {
      query = <<-PROMQL
        max by (subscription_id) (pubsub_googleapis_com:subscription_oldest_unacked_message_age{monitored_resource="pubsub_subscription", subscription_id=~"eventarc-.+-(${local.services})-.+"}) > 900
      PROMQL
      says  = "A function has not acknowledged an event for 15 minutes."
    }

    "The status is unhealthy" = {
      query = <<-PROMQL
        sum(increase(logging_googleapis_com:user_status_unhealthy{monitored_resource="cloud_run_revision"}[15m])) > 2
      PROMQL
      says  = "More than two status documents within 15 minutes were unhealthy: the public files are new but empty, or those of another day."
    }

    # While a game is on the status is published twice a minute; while one is late, once, which does not count.
    "The scores stand still" = {
      query = <<-PROMQL
        sum(increase(logging_googleapis_com:user_scores_degraded{monitored_resource="cloud_run_revision"}[15m])) > 20
      PROMQL
      says  = "For most of 15 minutes the live scores were old, a game in progress did not change, or many players' rows were outdated: every source stands still or fails."
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
      # A new project has no data for any of the metrics.
      disable_metric_validation = true
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "${each.value.says} What to check and how to fix it: infra/RUNBOOK.md, \"${each.key}\"."
  }

  alert_strategy {
    auto_close = "1800s"
  }

  depends_on = [google_logging_metric.counters]
}
