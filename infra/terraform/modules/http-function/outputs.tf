output "url" {
  description = "URL of the function."
  value       = module.service.url
}
