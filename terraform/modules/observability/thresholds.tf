# Above these an alarm goes off; var.thresholds has those that are to be others.
locals {
  thresholds = merge(local.usual_thresholds, var.thresholds)

  usual_thresholds = {
    api_5xx_percent           = 1    # of a minute's answers
    api_5xx_at_least          = 5    # answers of that minute: fewer are never an alarm
    api_latency_ms            = 3000 # p99 of a minute, in three of five
    function_errors           = 3    # a minute, of one function
    function_throttles        = 0    # a minute, of one function
    function_duration_percent = 80   # of its timeout; p99 of five minutes
    dead_letters              = 0    # in one queue
    oldest_job_seconds        = 900  # for three minutes
    dynamodb_throttles        = 10   # a minute, of the table or of one index
    rejected_percent          = 50   # of an hour's pictures
    failed_percent            = 20   # of an hour's pictures
    pictures_at_least         = 20   # in that hour: of fewer no share is an alarm
    rekognition_throttles     = 20   # in five minutes
    budget_waits              = 0    # pictures put off, in two hours
    missed_sweeps             = 3    # in a row: as many are an alarm
    concurrency_percent       = 80   # of what the account may have, for three minutes
  }
}
