output "arn" {
  description = "For permissions_boundary_arn of a stage."
  value       = aws_iam_policy.boundary.arn
}

output "policy" {
  description = "The policy as JSON, for accounts whose boundaries are made elsewhere."
  value       = local.policy
}
