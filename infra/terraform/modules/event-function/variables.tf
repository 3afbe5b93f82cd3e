variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Where the service runs. The bucket of a storage trigger must be in the same location."
  type        = string
}

variable "name" {
  description = "Name of the function."
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
  description = "The function's entry in local.functions: the fields of the module service, and triggers."
  type        = any
}

variable "caller" {
  description = "E-mail address of the identity that Eventarc delivers with."
  type        = string
}

variable "operators" {
  description = "IAM members that may deliver events, as `make replay` does."
  type        = list(string)
}

variable "forwarder" {
  description = "Service agent of Pub/Sub, which moves messages to the dead-letter topic, as an IAM member."
  type        = string
}
