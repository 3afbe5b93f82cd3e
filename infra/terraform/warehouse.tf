# Tables and views from infra/bigquery, which is the only place where a schema is written.
#
# One table and the views over it are this system's own. All other tables belong to the systems that fill them:
# here they are only named, so that no change of ours can reach their columns. A demonstration project without
# those systems gets them with own_warehouse = true.

locals {
  bigquery = "${path.module}/../bigquery"

  # "nba_raw/nbac_schedule" to what its file says
  tables = {
    for file in fileset(local.bigquery, "nba_*/*.json") :
    trimsuffix(file, ".json") => jsondecode(file("${local.bigquery}/${file}"))
  }
  own      = { for name, table in local.tables : name => table if name == "nba_raw/bdl_live_boxscores" }
  upstream = { for name, table in local.tables : name => table if var.own_warehouse && name != "nba_raw/bdl_live_boxscores" }
  datasets = toset([for name in keys(local.tables) : dirname(name)])

  # Name of a view to its query. A stored view names its tables with their project.
  views = {
    for file in fileset("${local.bigquery}/views", "*.sql") :
    trimsuffix(file, ".sql") => replace(
      file("${local.bigquery}/views/${file}"), "FROM nba_raw.", "FROM `${var.project}`.nba_raw."
    )
  }
}

# Those of a demonstration project.
resource "google_bigquery_dataset" "datasets" {
  for_each = toset([for dataset in local.datasets : dataset if var.own_warehouse])

  dataset_id                 = each.key
  location                   = var.region
  delete_contents_on_destroy = false

  depends_on = [google_project_service.apis]
}

# Those that are there already. A load job reads the raw bucket and writes into nba_raw, which BigQuery only does
# within one location.
data "google_bigquery_dataset" "datasets" {
  for_each = toset([for dataset in local.datasets : dataset if !var.own_warehouse])

  dataset_id = each.key

  lifecycle {
    postcondition {
      condition     = lower(self.location) == lower(var.region)
      error_message = "The dataset ${each.key} is in ${self.location}, and region is ${var.region}. Set region to the location of the datasets: a load job cannot read a bucket in one and write a table in another."
    }
  }

  depends_on = [google_project_service.apis]
}

resource "google_bigquery_table" "own" {
  for_each = local.own

  dataset_id               = dirname(each.key)
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

  depends_on = [google_bigquery_dataset.datasets, data.google_bigquery_dataset.datasets]
}

# Created once and never changed: whoever fills them decides on their columns.
resource "google_bigquery_table" "upstream" {
  for_each = local.upstream

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

  lifecycle {
    ignore_changes = [schema, time_partitioning, clustering, description, require_partition_filter]
  }
}

resource "google_bigquery_table" "views" {
  for_each = local.views

  dataset_id          = "nba_raw"
  table_id            = each.key
  deletion_protection = false # A view holds nothing.

  view {
    query          = each.value
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.own]
}
