variable "project" {
  description = "Id of the Google Cloud project."
  type        = string
}

variable "region" {
  description = "Where the functions run and the buckets are; also the location of the BigQuery datasets, which must be a region."
  type        = string
  default     = "us-west2"
}

variable "image_tag" {
  description = "Tag of every function's image: the commit that it is built from."
  type        = string
}

variable "own_warehouse" {
  description = "Whether to create the datasets, tables and topic of the systems that this one reads from. Only for a demonstration project, which lacks those systems."
  type        = bool
  default     = false
}

variable "own_api_bucket" {
  description = "Whether to create and manage the public bucket. False where another system owns it: then the exporters only get permission to write to it."
  type        = bool
  default     = true
}

variable "shadow" {
  description = "Whether another system still writes nba_raw.bdl_live_boxscores. Then only the exporters are deployed, and the table and its views are not managed."
  type        = bool
  default     = false
}

variable "raw_bucket" {
  description = "Bucket of raw snapshots, staged rows and dead letters. It must not be shared with other systems: a storage trigger fires, and costs a delivery, for every object of a bucket, and the lifecycle rules delete by prefix. Bucket names are global, so every project sets its own."
  type        = string
  default     = "nba-scraped-data"
}

variable "api_bucket" {
  description = "Bucket of the public JSON. Bucket names are global, so every project sets its own."
  type        = string
  default     = "nba-props-platform-api"
}

variable "trigger_topic" {
  description = "Topic of the messages that request an export."
  type        = string
  default     = "nba-phase6-export-trigger"
}

variable "complete_topic" {
  description = "Topic that export-tonight publishes completions to."
  type        = string
  default     = "nba-phase6-export-complete"
}

variable "predictions_topic" {
  description = "Topic that the prediction system publishes completions to. It exists already, unless own_warehouse is true."
  type        = string
  default     = "nba-phase5-predictions-complete"
}

variable "live_sources" {
  type        = string
  description = "The sources of live scores in the order of preference: balldontlie,nba_cdn or nba_cdn,balldontlie, or one of them alone. The second stands in where the first fails, is late or behind."
  default     = "balldontlie,nba_cdn"

  validation {
    condition     = contains(["balldontlie", "nba_cdn", "balldontlie,nba_cdn", "nba_cdn,balldontlie"], var.live_sources)
    error_message = "live_sources must be balldontlie or nba_cdn or both, with a comma between them."
  }
}

variable "nba_cdn_url" {
  type        = string
  description = "Where the NBA's public feed is asked. Another one only for tests."
  default     = "https://cdn.nba.com/static/json/liveData"
}

variable "balldontlie_url" {
  description = "Base URL of BallDontLie's API."
  type        = string
  default     = "https://api.balldontlie.io"
}

variable "cors_origins" {
  description = "Origins whose pages may read the public JSON."
  type        = list(string)
  default = [
    "https://nbaprops.com",
    "https://playerprops.io",
    "http://localhost:3000",
    "http://localhost:5173",
  ]
}

variable "alert_emails" {
  description = "E-mail addresses that alerts are sent to. Without any, alerts are only shown in the console."
  type        = list(string)
  default     = []
}

variable "operators" {
  description = "IAM members that may call the functions, such as user:name@example.com or group:on-call@example.com."
  type        = list(string)
  default     = []
}
