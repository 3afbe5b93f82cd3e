# Tables and views from infra/bigquery, the only place that defines a schema.
#
# This system owns one table and the views over it. Every other table belongs to the system that fills it and is
# only named here: the provider drops columns that a schema lacks, and the schemas here list only the columns that
# the functions read. A demonstration project, which lacks those systems, creates the tables with
# own_warehouse = true.

locals {
  bigquery = "${path.module}/../bigquery"

  # From a name such as "nba_raw/nbac_schedule" to the content of its file.
  tables = {
    for file in fileset(local.bigquery, "nba_*/*.json") :
    trimsuffix(file, ".json") => jsondecode(file("${local.bigquery}/${file}"))
  }
  own      = { for name, table in local.tables : name => table if name == "nba_raw/bdl_live_boxscores" && !var.shadow }
  upstream = { for name, table in local.tables : name => table if var.own_warehouse && name != "nba_raw/bdl_live_boxscores" }
  datasets = toset([for name in keys(local.tables) : dirname(name)])

  # From the name of a view to its query. A stored view must name the project of its tables.
  views = {
    for file in fileset("${local.bigquery}/views", "*.sql") :
    trimsuffix(file, ".sql") => replace(
      file("${local.bigquery}/views/${file}"), "FROM nba_raw.", "FROM `${var.project}`.nba_raw."
    ) if !var.shadow
  }
}

# Datasets of a demonstration project.
resource "google_bigquery_dataset" "datasets" {
  for_each = toset([for dataset in local.datasets : dataset if var.own_warehouse])

  dataset_id                 = each.key
  location                   = var.region
  delete_contents_on_destroy = false

  depends_on = [google_project_service.apis]
}

# Datasets that exist already. A load job reads the raw bucket and writes to nba_raw, and a query reads several
# datasets; BigQuery does both only within one location. The raw bucket is in var.region, and so is Cloud Run, which
# has no multi-regions; so a dataset in the multi-region US or EU is refused as well.
data "google_bigquery_dataset" "datasets" {
  for_each = toset([for dataset in local.datasets : dataset if !var.own_warehouse])

  dataset_id = each.key

  lifecycle {
    postcondition {
      condition     = lower(self.location) == lower(var.region)
      error_message = "The dataset ${each.key} is in ${self.location}, but region is ${var.region}. Set region to the location of the datasets: a load job cannot read a bucket in one location and write a table in another. A multi-region, such as US, is not supported."
    }
  }

  depends_on = [google_project_service.apis]
}

# The provider adds a column in place and drops one, with its data, just as silently; deletion_protection prevents
# only the deletion of the table. infra/deploy refuses to apply while the deployed table has a column that its file
# lacks.
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

# Created once and never changed: the system that fills a table decides on its columns.
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
  deletion_protection = false # A view holds no data.

  view {
    query          = each.value
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.own]
}
