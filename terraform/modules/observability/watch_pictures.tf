# By the functions' own metrics (docs/operations.md). What was not counted is missing there, not 0.
locals {
  # Who brings pictures to which end: the worker all of them; the sweeper those that it gives up.
  endings = {
    ready    = { Service = "image_worker", Outcome = "ready" }
    rejected = { Service = "image_worker", Outcome = "rejected" }
    failed   = { Service = "image_worker", Outcome = "failed" }
    given_up = { Service = "sweeper", Outcome = "failed" }
  }
  pictures = {
    for id, dimensions in local.endings : id => {
      namespace  = "Gazette"
      name       = "Pictures"
      dimensions = merge({ Stack = var.name }, dimensions)
      statistic  = "Sum"
    }
  }
  all_pictures = "FILL(ready, 0) + FILL(rejected, 0) + FILL(failed, 0) + FILL(given_up, 0)"
  worker       = { namespace = "Gazette", dimensions = { Stack = var.name, Service = "image_worker" }, statistic = "Sum" }

  picture_alarms = {
    # Of an hour, so that one person's album is not the whole of it; of a few pictures a share says nothing.
    pictures-rejected = {
      sentence   = "More than ${local.thresholds.rejected_percent} % of the pictures of an hour were rejected by moderation."
      runbook    = "pictures-rejected"
      metrics    = local.pictures
      expression = "IF(${local.all_pictures} >= ${local.thresholds.pictures_at_least}, 100 * FILL(rejected, 0) / (${local.all_pictures}), 0)"
      threshold  = local.thresholds.rejected_percent
      period     = 3600
      periods    = 1
      functions  = []
    }
    pictures-failed = {
      sentence   = "More than ${local.thresholds.failed_percent} % of the pictures of an hour could not be worked on."
      runbook    = "pictures-failed"
      metrics    = local.pictures
      expression = "IF(${local.all_pictures} >= ${local.thresholds.pictures_at_least}, 100 * (FILL(failed, 0) + FILL(given_up, 0)) / (${local.all_pictures}), 0)"
      threshold  = local.thresholds.failed_percent
      period     = 3600
      periods    = 1
      functions  = []
    }
    rekognition-throttles = {
      sentence  = "Rekognition answered more than ${local.thresholds.rekognition_throttles} calls of five minutes that there are too many."
      runbook   = "rekognition-throttles"
      metrics   = { throttles = merge(local.worker, { name = "RekognitionThrottles" }) }
      threshold = local.thresholds.rekognition_throttles
      period    = 300
      periods   = 1
      functions = []
    }
    # Whoever waits is looked at every hour or two, and says so each time: with a shorter period this one would flutter.
    analysis-budget = {
      sentence  = "Pictures wait for the next day: Rekognition was asked as often as analyses_per_day allows."
      runbook   = "analysis-budget"
      metrics   = { waits = merge(local.worker, { name = "BudgetWaits" }) }
      threshold = local.thresholds.budget_waits
      period    = 2 * 3600
      periods   = 1
      functions = []
    }
  }
}
