variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Where it runs."
  type        = string
}

variable "name" {
  description = "Name of the function."
  type        = string
}

variable "image" {
  description = "Its container image, with the tag."
  type        = string
}

variable "environment" {
  description = "Its environment variables."
  type        = map(string)
}

variable "function" {
  description = "Its entry in the map of functions; see the module service, and schedules."
  type        = any
}

variable "caller" {
  description = "E-mail of the identity that the schedules call with."
  type        = string
}

variable "operators" {
  description = "Who may call it by hand, as IAM members."
  type        = list(string)
}
