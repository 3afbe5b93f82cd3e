output "name" {
  description = "Name of the service."
  value       = google_cloud_run_v2_service.function.name
}

output "url" {
  description = "URL of the service; also the audience of its callers' tokens."
  value       = google_cloud_run_v2_service.function.uri
}
