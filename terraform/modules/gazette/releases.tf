# A change of a function publishes a version. With a deployment_config CodeDeploy brings it into service, function by function,
# and takes it back when an alarm goes off; without one, as where there is no CodeDeploy, the apply itself does, at once.
locals {
  functions = {
    api          = module.api_function
    authorizer   = module.authorizer_function
    image_worker = module.worker_function
    sweeper      = module.sweeper_function
  }
}

module "release" {
  source = "../release"
  count  = var.deployment_config == null ? 0 : 1

  name                     = var.name
  deployment_config        = var.deployment_config
  alarm_names              = module.observability.alarm_names
  permissions_boundary_arn = var.permissions_boundary_arn

  functions = {
    for key, function in local.functions : key => { arn = function.arn, alias = function.alias_name }
  }
}

# Changes no plan; it says, after each plan and apply, what waits.
check "released" {
  assert {
    condition = alltrue([for function in local.functions : function.live_version == function.version])
    error_message = format(
      "Published, but not in service yet: %s. `make deploy` releases it; docs/runbook.md, Releases, has the command without make.",
      join(", ", [
        for function in local.functions : "${function.name} ${function.version} (live is ${function.live_version})"
        if function.live_version != function.version
      ]),
    )
  }
}
