# Datasets, tables and views from infra/bigquery, which is the only place where a schema is written.

locals {
  bigquery = "${path.module}/../bigquery"

  # "nba_raw/nbac_schedule" to what its file says
  tables = {
    for file in fileset(local.bigquery, "nba_*/*.json") :
    trimsuffix(file, ".json") => jsondecode(file("${local.bigquery}/${file}"))
  }
  datasets = toset([for table in keys(local.tables) : dirname(table)])

  # Name of a view to its query. A stored view names its tables with their project.
  views = {
    for file in fileset("${local.bigquery}/views", "*.sql") :
    trimsuffix(file, ".sql") => replace(
      file("${local.bigquery}/views/${file}"), "FROM nba_raw.", "FROM `${var.project}`.nba_raw."
    )
  }
}

resource "google_bigquery_dataset" "datasets" {
  for_each = local.datasets

  dataset_id                 = each.key
  location                   = var.region
  delete_contents_on_destroy = false

  depends_on = [google_project_service.apis]
}

resource "google_bigquery_table" "tables" {
  for_each = local.tables

  dataset_id               = google_bigquery_dataset.datasets[dirname(each.key)].dataset_id
  table_id                 = basename(each.key)
  description              = each.value.description
  schema                   = jsonencode(each.value.schema.fields)
  clustering               = each.value.clustering.fields
  require_partition_filter = try(each.value.requirePartitionFilter, false)
  deletion_protection      = true

  dynamic "time_partitioning" {
    for_each = try([each.value.timePartitioning], [])
    content {
      type          = time_partitioning.value.type
      field         = time_partitioning.value.field
      expiration_ms = try(tonumber(time_partitioning.value.expirationMs), null)
    }
  }
}

resource "google_bigquery_table" "views" {
  for_each = local.views

  dataset_id          = google_bigquery_dataset.datasets["nba_raw"].dataset_id
  table_id            = each.key
  deletion_protection = false # A view holds nothing.

  view {
    query          = each.value
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.tables]
}
