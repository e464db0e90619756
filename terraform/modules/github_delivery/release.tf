# What releasing needs: versions, aliases and CodeDeploy. Policies of their own, since the inline one of a stage has no room for
# more; the plan role's has.
locals {
  codedeploy = "${local.arn}:codedeploy:${local.here}"

  # A refresh reads these. In a list of its own, so that no stage has it twice.
  read_releases = [{
    Sid    = "ReadReleases"
    Effect = "Allow"
    Action = ["codedeploy:GetApplication", "codedeploy:GetDeploymentGroup", "codedeploy:ListTagsForResource", "lambda:GetAlias"]
    Resource = [
      "${local.codedeploy}:application:${var.name}-*",
      "${local.codedeploy}:deploymentgroup:${var.name}-*",
      "${local.arn}:lambda:${local.here}:function:${var.name}-*",
    ]
  }]
}

resource "aws_iam_role_policy_attachment" "release" {
  for_each = aws_iam_policy.release

  role       = aws_iam_role.this[each.key].name
  policy_arn = each.value.arn
}

resource "aws_iam_policy" "release" {
  for_each = var.environments

  name        = "${var.name}-delivery-${each.key}-release"
  description = "What releasing new versions of the functions of ${each.key} needs"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(local.read_releases, [
      {
        Sid    = "VersionsAndAliases"
        Effect = "Allow"
        Action = [
          "lambda:CreateAlias", "lambda:DeleteAlias", "lambda:ListAliases", "lambda:PublishVersion", "lambda:UpdateAlias",
        ]
        Resource = ["${local.arn}:lambda:${local.here}:function:${var.name}-${each.key}-*"]
      },
      {
        Sid    = "LookAfterCodeDeploy"
        Effect = "Allow"
        Action = [
          "codedeploy:CreateApplication", "codedeploy:CreateDeploymentGroup", "codedeploy:DeleteApplication",
          "codedeploy:DeleteDeploymentGroup", "codedeploy:TagResource", "codedeploy:UntagResource", "codedeploy:UpdateDeploymentGroup",
        ]
        Resource = [
          "${local.codedeploy}:application:${var.name}-${each.key}",
          "${local.codedeploy}:deploymentgroup:${var.name}-${each.key}/*",
        ]
      },
      {
        Sid    = "Release"
        Effect = "Allow"
        Action = [
          "codedeploy:CreateDeployment", "codedeploy:GetApplicationRevision", "codedeploy:GetDeployment", "codedeploy:ListDeployments",
          "codedeploy:RegisterApplicationRevision",
        ]
        Resource = [
          "${local.codedeploy}:application:${var.name}-${each.key}",
          "${local.codedeploy}:deploymentgroup:${var.name}-${each.key}/*",
        ]
      },
      {
        Sid      = "KnowHowCallsAreMoved"
        Effect   = "Allow"
        Action   = ["codedeploy:GetDeploymentConfig"]
        Resource = ["${local.codedeploy}:deploymentconfig:*"]
      },
      # CodeDeploy knows no resource for this one.
      {
        Sid      = "StopReleases"
        Effect   = "Allow"
        Action   = ["codedeploy:StopDeployment"]
        Resource = ["*"]
      },
      {
        Sid       = "HandRoleToCodeDeploy"
        Effect    = "Allow"
        Action    = ["iam:PassRole"]
        Resource  = ["${local.arn}:iam::${data.aws_caller_identity.current.account_id}:role/${var.name}-${each.key}-codedeploy"]
        Condition = { StringEquals = { "iam:PassedToService" = ["codedeploy.amazonaws.com"] } }
      },
    ])
  })
}
