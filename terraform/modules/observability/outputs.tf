output "operations_topic_arn" {
  description = "Where alarms are published: subscribe whoever is on call. Null when observability is off."
  value       = one(aws_sns_topic.operations[*].arn)
}

output "alarm_names" {
  description = "Every alarm's name."
  value       = [for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name]
}
