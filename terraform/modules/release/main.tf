# CodeDeploy moves a function's alias from one version to another: some of the calls first, all of them after a while, and none
# any more once an alarm goes off. It knows which version was before; nothing here changes with a release.
resource "aws_codedeploy_app" "this" {
  name             = var.name
  compute_platform = "Lambda"
}

resource "aws_codedeploy_deployment_group" "this" {
  for_each = var.functions

  app_name               = aws_codedeploy_app.this.name
  deployment_group_name  = replace(each.key, "_", "-")
  deployment_config_name = var.deployment_config
  service_role_arn       = aws_iam_role.codedeploy.arn

  deployment_style {
    deployment_option = "WITH_TRAFFIC_CONTROL"
    deployment_type   = "BLUE_GREEN" # the only one for functions
  }

  auto_rollback_configuration {
    enabled = true
    events  = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]
  }

  dynamic "alarm_configuration" {
    for_each = length(lookup(var.alarm_names, each.key, [])) > 0 ? [var.alarm_names[each.key]] : []

    content {
      enabled = true
      alarms  = alarm_configuration.value
    }
  }

  # Without its policy the role could not look at the first alarm.
  depends_on = [aws_iam_role_policy.codedeploy]
}
