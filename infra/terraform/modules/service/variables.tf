variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Where the service runs."
  type        = string
}

variable "name" {
  description = "Name of the function, its service and its identity."
  type        = string
}

variable "image" {
  description = "Container image, with its tag."
  type        = string
}

variable "environment" {
  description = "Environment variables without the secrets."
  type        = map(string)
}

variable "function" {
  description = "Resources that the function may use, and its size."
  type = object({
    # From an environment variable to the secret whose latest version it holds.
    secrets = optional(map(string), {})
    # A role on a bucket, or on those of its objects whose names begin with prefix.
    buckets = optional(map(object({
      bucket = string
      role   = string
      prefix = optional(string)
    })), {})
    # Tables, named dataset.table.
    tables_read    = optional(list(string), [])
    tables_written = optional(list(string), [])
    # Topics that the function publishes to.
    topics        = optional(map(string), {})
    concurrency   = optional(number, 10)
    max_instances = optional(number, 3)
    memory        = optional(string, "256Mi")
  })
}

variable "callers" {
  description = "IAM members that may call the service, by any key."
  type        = map(string)
}
