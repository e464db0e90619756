output "plan_role_arn" {
  description = "The repository's variable PLAN_ROLE_ARN."
  value       = module.github.plan_role_arn
}

output "deploy_role_arns" {
  description = "The variable DEPLOY_ROLE_ARN of each stage's environment."
  value       = module.github.deploy_role_arns
}

output "stages_permissions_boundary_arn" {
  description = "What bounds the stages' roles: their permissions_boundary_arn. Null without bound_stages."
  value       = one(module.permissions_boundary[*].arn)
}
