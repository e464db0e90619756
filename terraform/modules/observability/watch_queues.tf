# One letter is enough, and it stays until somebody takes it away: so does the alarm.
locals {
  queue_alarms = merge(
    {
      for key, queue in var.queues : key => {
        sentence  = "There is what failed every try in ${queue.name}."
        runbook   = key
        metrics   = { waiting = merge(local.of_queue[key], { name = "ApproximateNumberOfMessagesVisible", statistic = "Maximum" }) }
        threshold = local.thresholds.dead_letters
        period    = 60
        periods   = 1
        functions = queue.function == null ? [] : [queue.function]
      } if queue.kind == "letters"
    },
    {
      for key, queue in var.queues : "${key}-oldest" => {
        sentence  = "What waits in ${queue.name} waits for more than ${local.thresholds.oldest_job_seconds} seconds."
        runbook   = "${key}-oldest"
        metrics   = { age = merge(local.of_queue[key], { name = "ApproximateAgeOfOldestMessage", statistic = "Maximum" }) }
        threshold = local.thresholds.oldest_job_seconds
        period    = 60
        periods   = 3
        functions = [] # a queue may be long for many reasons
      } if queue.kind == "work"
    },
  )

  of_queue = { for key, queue in var.queues : key => { namespace = "AWS/SQS", dimensions = { QueueName = queue.name } } }
}
