output "name" {
  description = "The function's name."
  value       = aws_lambda_function.this.function_name
}

output "arn" {
  description = "The function's ARN."
  value       = aws_lambda_function.this.arn
}

output "invoke_arn" {
  description = "What an API Gateway integration or authorizer calls."
  value       = aws_lambda_function.this.invoke_arn
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
