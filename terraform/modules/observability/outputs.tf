output "operations_topic_arn" {
  description = "Where alarms are published: subscribe whoever is on call. Null when observability is off."
  value       = one(aws_sns_topic.operations[*].arn)
}

output "alarm_names" {
  description = "By function: the names of the alarms that a bad version of it sets off."
  value = {
    for function in keys(var.functions) : function => [
      for key, alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name if contains(local.alarms[key].functions, function)
    ]
  }
}
