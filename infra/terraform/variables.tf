variable "project" {
  description = "Id of the Google Cloud project."
  type        = string
}

variable "region" {
  description = "Where everything runs and is stored; the location of the datasets."
  type        = string
  default     = "us-west2"
}

variable "image_tag" {
  description = "Tag of every function's image: the commit that it was built from."
  type        = string
}

variable "own_warehouse" {
  description = "Whether to create the tables that other systems fill, for a demonstration project without them."
  type        = bool
  default     = false
}

variable "raw_bucket" {
  description = "Raw snapshots, staged rows and dead letters; a bucket of this system's own, because a trigger fires for every object of a bucket. Names are global: another project needs another one."
  type        = string
  default     = "nba-scraped-data"
}

variable "api_bucket" {
  description = "The public JSON. Global, likewise."
  type        = string
  default     = "nba-props-platform-api"
}

variable "trigger_topic" {
  description = "Topic of the messages that ask for an export."
  type        = string
  default     = "nba-phase6-export-trigger"
}

variable "complete_topic" {
  description = "Topic that hears of finished exports."
  type        = string
  default     = "nba-phase6-export-complete"
}

variable "predictions_topic" {
  description = "Topic that hears of finished predictions, from the prediction system."
  type        = string
  default     = "nba-phase5-predictions-complete"
}

variable "balldontlie_url" {
  description = "Base URL of BallDontLie's API."
  type        = string
  default     = "https://api.balldontlie.io"
}

variable "cors_origins" {
  description = "Web pages that may read the public JSON."
  type        = list(string)
  default = [
    "https://nbaprops.com",
    "https://playerprops.io",
    "http://localhost:3000",
    "http://localhost:5173",
  ]
}

variable "alert_emails" {
  description = "Who is told of alerts. Without any they are only shown in the console."
  type        = list(string)
  default     = []
}

variable "operators" {
  description = "Who may call the functions by hand, such as user:name@example.com or group:on-call@example.com."
  type        = list(string)
  default     = []
}
