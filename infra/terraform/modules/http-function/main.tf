# A function that Cloud Scheduler or an operator calls over HTTP.

module "service" {
  source = "../service"

  project     = var.project
  region      = var.region
  name        = var.name
  image       = var.image
  environment = var.environment
  function    = var.function
  callers = merge(
    { schedules = "serviceAccount:${var.caller}" },
    { for operator in var.operators : operator => operator },
  )
}

resource "google_cloud_scheduler_job" "schedules" {
  for_each = var.function.schedules

  name             = "${var.name}-${each.key}"
  region           = var.region
  schedule         = each.value.cron
  time_zone        = "America/New_York"
  attempt_deadline = "120s"

  # The schedule's next call is the retry.
  retry_config {
    retry_count = 0
  }

  http_target {
    http_method = "POST"
    uri         = "${module.service.url}/"
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode(each.value.body)

    oidc_token {
      service_account_email = var.caller
      audience              = module.service.url
    }
  }
}
