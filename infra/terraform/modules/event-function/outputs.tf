output "url" {
  description = "Where it is called."
  value       = module.service.url
}

output "subscriptions" {
  description = "The subscription of each trigger."
  value = {
    for key, trigger in google_eventarc_trigger.triggers : key => trigger.transport[0].pubsub[0].subscription
  }
}

output "dead_letter_subscription" {
  description = "Where events are that were never acknowledged."
  value       = google_pubsub_subscription.dead_letter.name
}
