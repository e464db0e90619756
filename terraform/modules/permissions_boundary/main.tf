# A permissions boundary: what any role of Gazette may do at most, whatever its own policy says. It grants nothing. It is the
# union of what all roles need, by names alone, so a role that was changed in a hurry, or by somebody who should not,
# still reaches no other system of the account, makes no user and reads no other's secret.
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  arn  = "arn:${data.aws_partition.current.partition}"
  here = "${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "OwnData"
        Effect = "Allow"
        Action = [
          "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query",
          "dynamodb:UpdateItem",
          "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject",
          "secretsmanager:GetSecretValue", # the key that signs for CloudFront, where there is a media_cdn
          "sns:Publish",
          "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage",
        ]
        Resource = [
          "${local.arn}:dynamodb:${local.here}:table/${var.name}-*",
          "${local.arn}:s3:::${var.name}-*",
          "${local.arn}:secretsmanager:${local.here}:secret:${var.name}-*",
          "${local.arn}:sns:${local.here}:${var.name}-*",
          "${local.arn}:sqs:${local.here}:${var.name}-*",
        ]
      },
      {
        Sid    = "OwnLogs"
        Effect = "Allow"
        # Functions take two of them; the others are for API Gateway's account-wide role.
        Action = [
          "logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents",
          "logs:PutLogEvents",
        ]
        Resource = [
          "${local.arn}:logs:${local.here}:log-group:/aws/apigateway/*",
          "${local.arn}:logs:${local.here}:log-group:/aws/lambda/${var.name}-*",
          "${local.arn}:logs:${local.here}:log-group:API-Gateway-Execution-Logs_*",
        ]
      },
      # What calls a function is moved from version to version by CodeDeploy, in a role like the others.
      {
        Sid      = "OwnAliases"
        Effect   = "Allow"
        Action   = ["lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"]
        Resource = ["${local.arn}:lambda:${local.here}:function:${var.name}-*"]
      },
      # None of these has a resource that could be named.
      {
        Sid    = "WithoutResources"
        Effect = "Allow"
        Action = [
          "cloudwatch:DescribeAlarms", # CodeDeploy, while it releases
          "logs:DescribeLogGroups",
          "rekognition:DetectLabels", "rekognition:DetectModerationLabels",
          "xray:PutTelemetryRecords", "xray:PutTraceSegments",
        ]
        Resource = ["*"]
      },
      # A customer key, through the services that encrypt with it. Which key, the role's own policy says, and the key's.
      {
        Sid      = "KeysThroughServices"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = ["${local.arn}:kms:${local.here}:key/*"]
        Condition = {
          StringEquals = {
            "kms:ViaService" = [for service in ["dynamodb", "s3", "secretsmanager", "sns", "sqs"] : "${service}.${data.aws_region.current.name}.amazonaws.com"]
          }
        }
      },
    ]
  })
}

resource "aws_iam_policy" "boundary" {
  name        = "${var.name}-boundary"
  description = "What any role of Gazette may do at most"
  policy      = local.policy
}
