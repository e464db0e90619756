output "application" {
  description = "The CodeDeploy application."
  value       = aws_codedeploy_app.this.name
}

output "deployment_groups" {
  description = "The deployment group of each function, by its key."
  value       = { for key, group in aws_codedeploy_deployment_group.this : key => group.deployment_group_name }
}

output "policy" {
  description = "What CodeDeploy may do, JSON: for reviews and tests."
  value       = aws_iam_role_policy.codedeploy.policy
}
