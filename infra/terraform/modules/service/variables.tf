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
  description = "Its container image, with the tag."
  type        = string
}

variable "environment" {
  description = "Its environment variables, all of them but the secrets."
  type        = map(string)
}

variable "function" {
  description = "What it may use."
  type = object({
    # Environment variable to the secret whose latest version it holds.
    secrets = optional(map(string), {})
    # Role on a bucket, or on the objects of it whose names begin with prefix.
    buckets = optional(map(object({
      bucket = string
      role   = string
      prefix = optional(string)
    })), {})
    # Tables, as dataset.table.
    tables_read    = optional(list(string), [])
    tables_written = optional(list(string), [])
    # Topics that it publishes to.
    topics        = optional(map(string), {})
    concurrency   = optional(number, 10)
    max_instances = optional(number, 3)
    memory        = optional(string, "256Mi")
  })
}

variable "callers" {
  description = "Who may call it, by a name of our own."
  type        = map(string)
}
