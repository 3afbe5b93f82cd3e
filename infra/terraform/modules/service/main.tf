# The Cloud Run service of one function, its identity and the permissions of that identity.

locals {
  reads_or_writes_tables = length(var.function.tables_read) + length(var.function.tables_written) > 0
}

resource "google_service_account" "function" {
  account_id   = var.name
  display_name = "The function ${var.name}"
}

resource "google_cloud_run_v2_service" "function" {
  name                = var.name
  location            = var.region
  ingress             = "INGRESS_TRAFFIC_ALL" # Cloud Scheduler and Eventarc call from outside; IAM checks every caller.
  deletion_protection = false                 # A service holds no data.

  template {
    service_account                  = google_service_account.function.email
    max_instance_request_concurrency = var.function.concurrency
    timeout                          = "120s" # The function itself ends an invocation after 100 s.

    scaling {
      min_instance_count = 0
      max_instance_count = var.function.max_instances
    }

    containers {
      image = var.image

      ports {
        container_port = 8080
      }

      resources {
        limits = {
          cpu    = "1"
          memory = var.function.memory
        }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      # Probes reach the container from inside. From outside, Google's front end answers /healthz itself, so that
      # people use /health.
      startup_probe {
        period_seconds    = 1
        timeout_seconds   = 1
        failure_threshold = 20

        http_get {
          path = "/healthz"
        }
      }

      dynamic "env" {
        for_each = var.environment
        content {
          name  = env.key
          value = env.value
        }
      }

      # A reference to Secret Manager, which no deployment overwrites.
      dynamic "env" {
        for_each = var.function.secrets
        content {
          name = env.key
          value_source {
            secret_key_ref {
              secret  = env.value
              version = "latest"
            }
          }
        }
      }
    }
  }

  depends_on = [time_sleep.permissions]
}

# A new identity and its grants take effect within about two minutes, and Cloud Run refuses a service that cannot
# read its secrets.
resource "time_sleep" "permissions" {
  create_duration = "120s"

  triggers = merge(
    { identity = google_service_account.function.id },
    { for name, grant in google_secret_manager_secret_iam_member.reads : name => grant.id },
  )
}

resource "google_cloud_run_v2_service_iam_member" "callers" {
  for_each = var.callers

  name     = google_cloud_run_v2_service.function.name
  location = var.region
  role     = "roles/run.invoker"
  member   = each.value
}

resource "google_secret_manager_secret_iam_member" "reads" {
  for_each = var.function.secrets

  secret_id = each.value
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.function.member
}

resource "google_storage_bucket_iam_member" "uses" {
  for_each = var.function.buckets

  bucket = each.value.bucket
  role   = each.value.role
  member = google_service_account.function.member

  dynamic "condition" {
    for_each = each.value.prefix == null ? [] : [each.value.prefix]
    content {
      title      = "only ${condition.value}"
      expression = "resource.name.startsWith('projects/_/buckets/${each.value.bucket}/objects/${condition.value}')"
    }
  }
}

# Queries and load jobs are jobs of the project; no narrower resource has the role.
resource "google_project_iam_member" "runs_jobs" {
  count = local.reads_or_writes_tables ? 1 : 0

  project = var.project
  role    = "roles/bigquery.jobUser"
  member  = google_service_account.function.member
}

resource "google_bigquery_table_iam_member" "reads" {
  for_each = toset(var.function.tables_read)

  dataset_id = split(".", each.value)[0]
  table_id   = split(".", each.value)[1]
  role       = "roles/bigquery.dataViewer"
  member     = google_service_account.function.member
}

resource "google_bigquery_table_iam_member" "writes" {
  for_each = toset(var.function.tables_written)

  dataset_id = split(".", each.value)[0]
  table_id   = split(".", each.value)[1]
  role       = "roles/bigquery.dataEditor"
  member     = google_service_account.function.member
}

resource "google_pubsub_topic_iam_member" "publishes" {
  for_each = var.function.topics

  topic  = each.value
  role   = "roles/pubsub.publisher"
  member = google_service_account.function.member
}
