variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Where it runs; the bucket whose events it takes is there too."
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
  description = "Its entry in the map of functions; see the module service, and triggers."
  type        = any
}

variable "caller" {
  description = "E-mail of the identity that Eventarc delivers with."
  type        = string
}

variable "operators" {
  description = "Who may deliver events by hand, as IAM members."
  type        = list(string)
}

variable "forwarder" {
  description = "Pub/Sub's own identity, which moves messages to the dead-letter topic, as an IAM member."
  type        = string
}
