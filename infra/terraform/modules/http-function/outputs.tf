output "url" {
  description = "Where it is called."
  value       = module.service.url
}
