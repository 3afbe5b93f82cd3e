output "url" {
  description = "URL of the function."
  value       = module.service.url
}

output "subscriptions" {
  description = "Subscription of each trigger."
  value = {
    for key, trigger in google_eventarc_trigger.triggers : key => trigger.transport[0].pubsub[0].subscription
  }
}

output "dead_letter_subscription" {
  description = "Subscription that keeps the events that the function never acknowledged."
  value       = google_pubsub_subscription.dead_letter.name
}
