terraform {
  required_version = ">= 1.9"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }
    time = {
      source  = "hashicorp/time"
      version = "~> 0.13"
    }
  }

  # The bucket is given by `make deploy`.
  backend "gcs" {
    prefix = "challenge-system"
  }
}

provider "google" {
  project = var.project
  region  = var.region

  default_labels = {
    system = "challenge-system"
  }
}
