output "plan_role_arn" {
  description = "For pull requests: the repository's variable PLAN_ROLE_ARN."
  value       = aws_iam_role.this["plan"].arn
}

output "deploy_role_arns" {
  description = "By stage: the variable DEPLOY_ROLE_ARN of the stage's environment."
  value       = { for stage in keys(var.environments) : stage => aws_iam_role.this[stage].arn }
}
