variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Where the service runs."
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
  description = "The function's entry in local.functions: the fields of the module service, and schedules."
  type        = any
}

variable "caller" {
  description = "E-mail address of the identity that the schedules call with."
  type        = string
}

variable "operators" {
  description = "IAM members that may call the function."
  type        = list(string)
}
