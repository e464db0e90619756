output "name" {
  description = "The function's name."
  value       = aws_lambda_function.this.function_name
}

output "timeout_seconds" {
  description = "Seconds after which Lambda stops an invocation."
  value       = aws_lambda_function.this.timeout
}

output "arn" {
  description = "The function's ARN, unqualified: what has it reaches no version in service. Callers take alias_arn."
  value       = aws_lambda_function.this.arn
}

output "version" {
  description = "The version published last; live may be at an earlier one."
  value       = aws_lambda_function.this.version
}

output "alias_name" {
  description = "The alias of the version in service: the qualifier of every permission."
  value       = local.alias.name
}

output "alias_arn" {
  description = "What event sources and schedules call."
  value       = local.alias.arn
}

output "alias_invoke_arn" {
  description = "What an API Gateway integration or authorizer calls."
  value       = local.alias.invoke_arn
}

output "live_version" {
  description = "The version that the alias is at, as of the last refresh. A weighted alias has a second one beside it."
  value       = local.alias.function_version
}

output "role_arn" {
  description = "The ARN of the function's role."
  value       = aws_iam_role.function.arn
}

output "log_group_name" {
  description = "Where the function logs."
  value       = aws_cloudwatch_log_group.function.name
}

output "policy" {
  description = "The role's policy, JSON: for reviews and tests."
  value       = aws_iam_role_policy.function.policy
}
