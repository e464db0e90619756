# What AWS's AWSCodeDeployRoleForLambda allows, less what is not used here: hooks, revisions in S3 and triggers; and for
# these functions alone.
resource "aws_iam_role" "codedeploy" {
  name                 = "${var.name}-codedeploy"
  description          = "Lets CodeDeploy move the aliases of ${var.name}"
  permissions_boundary = var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "codedeploy.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "codedeploy" {
  # checkov:skip=CKV_AWS_355:reads the state of alarms; why of all, stands below

  name = "codedeploy"
  role = aws_iam_role.codedeploy.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "MoveAliases"
        Effect   = "Allow"
        Action   = ["lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"]
        Resource = flatten([for function in var.functions : [function.arn, "${function.arn}:${function.alias}"]])
      },
      # Asked for single alarms, CloudWatch answers about composite ones only whoever may look at all.
      {
        Sid      = "WatchAlarms"
        Effect   = "Allow"
        Action   = ["cloudwatch:DescribeAlarms"]
        Resource = ["*"]
      },
    ]
  })
}
