output "urls" {
  description = "Where each function is called."
  value = merge(
    { for name, function in module.http_function : name => function.url },
    { for name, function in module.event_function : name => function.url },
  )
}

output "dead_letter_subscriptions" {
  description = "Where each function's events are that were never acknowledged."
  value       = { for name, function in module.event_function : name => function.dead_letter_subscription }
}

output "public_url" {
  description = "What the front end reads."
  value       = "https://storage.googleapis.com/${google_storage_bucket.api.name}/v1/"
}
