output "urls" {
  description = "URL of each function."
  value = merge(
    { for name, function in module.http_function : name => function.url },
    { for name, function in module.event_function : name => function.url },
  )
}

output "dead_letter_subscriptions" {
  description = "Subscription that keeps the events that a function never acknowledged."
  value       = { for name, function in module.event_function : name => function.dead_letter_subscription }
}

output "public_url" {
  description = "Base URL of the public documents."
  value       = "https://storage.googleapis.com/${local.api}/v1/"
}
