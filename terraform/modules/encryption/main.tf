# One customer key for all that a stage keeps: the table, the buckets, the queues, the topics, the logs. Who has it can see
# in CloudTrail each use of it, and end all of them at once by disabling it.
#
# The policy lets nobody use the key directly: the account's principals use it through the services that keep the data, and
# only where their own policies say so, too; services use it for this stage's resources alone.
locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.name
  root      = "arn:${local.partition}:iam::${local.account}:root"

  distributions = merge(
    { for arn in var.media_distribution_arns : "RenditionsAreServed" => arn },
    { for arn in var.page_distribution_arns : "PageIsServed" => arn },
  )

  in_this_account = { StringEquals = { "aws:SourceAccount" = local.account } }

  # In the name of whoever reads and writes; modules/gazette gives each function its part of it.
  statements = concat(
    [
      # Delegates to IAM, as is usual: without it nobody could change this policy again. To look after the key, not to use it.
      {
        Sid       = "AdministeredByTheAccount"
        Effect    = "Allow"
        Principal = { AWS = local.root }
        Action = [
          "kms:CancelKeyDeletion", "kms:CreateAlias", "kms:DeleteAlias", "kms:DescribeKey", "kms:DisableKey", "kms:DisableKeyRotation",
          "kms:EnableKey", "kms:EnableKeyRotation", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListGrants",
          "kms:ListKeyPolicies", "kms:ListKeyRotations", "kms:ListResourceTags", "kms:PutKeyPolicy", "kms:RevokeGrant",
          "kms:RotateKeyOnDemand", "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias",
          "kms:UpdateKeyDescription",
        ]
        Resource = "*" # a key policy's resource is the key
      },
      {
        Sid       = "UsedThroughTheServicesThatKeepTheData"
        Effect    = "Allow"
        Principal = { AWS = local.root }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = {
          StringEquals = {
            "kms:CallerAccount" = local.account
            "kms:ViaService"    = [for service in ["dynamodb", "s3", "sns", "sqs"] : "${service}.${local.region}.amazonaws.com"]
          }
        }
      },
      # What DynamoDB does with the key in the name of whoever makes or changes the table, once, beside the two above.
      {
        Sid       = "TableIsMade"
        Effect    = "Allow"
        Principal = { AWS = local.root }
        Action    = ["kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
        Resource  = "*"
        Condition = {
          StringEquals = { "kms:CallerAccount" = local.account, "kms:ViaService" = "dynamodb.${local.region}.amazonaws.com" }
        }
      },
      # DynamoDB works with the table's key in the background, too: indexes, backups, TTL.
      {
        Sid       = "TableIsKept"
        Effect    = "Allow"
        Principal = { AWS = local.root }
        Action    = ["kms:CreateGrant"]
        Resource  = "*"
        Condition = {
          Bool         = { "kms:GrantIsForAWSResource" = "true" }
          StringEquals = { "kms:CallerAccount" = local.account, "kms:ViaService" = "dynamodb.${local.region}.amazonaws.com" }
        }
      },
      {
        Sid       = "LogsAreWritten"
        Effect    = "Allow"
        Principal = { Service = "logs.${local.region}.amazonaws.com" }
        Action = [
          "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
          "kms:ReEncryptFrom", "kms:ReEncryptTo",
        ]
        Resource = "*"
        Condition = {
          ArnLike = {
            "kms:EncryptionContext:aws:logs:arn" = [
              for group in ["/aws/lambda/${var.name}-*", "/aws/apigateway/${var.name}", "aws-waf-logs-${var.name}*"] :
              "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${group}"
            ]
          }
        }
      },
      {
        Sid       = "UploadsAreAnnounced"
        Effect    = "Allow"
        Principal = { Service = "s3.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = merge(local.in_this_account, { ArnLike = { "aws:SourceArn" = "arn:${local.partition}:s3:::${var.name}-uploads-*" } })
      },
      {
        Sid       = "UndeliveredNotificationsAreKept"
        Effect    = "Allow"
        Principal = { Service = "sns.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = {
          ArnEquals = { "aws:SourceArn" = "arn:${local.partition}:sns:${local.region}:${local.account}:${var.name}-image-events" }
        }
      },
      {
        Sid       = "AlarmsAreTold"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = merge(local.in_this_account, {
          ArnLike = { "aws:SourceArn" = "arn:${local.partition}:cloudwatch:${local.region}:${local.account}:alarm:${var.name}-*" }
        })
      },
      {
        Sid       = "BudgetsAreTold"
        Effect    = "Allow"
        Principal = { Service = "budgets.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = merge(local.in_this_account, { ArnLike = { "aws:SourceArn" = "arn:${local.partition}:budgets::${local.account}:*" } })
      },
    ],
    [for sid, arn in local.distributions : {
      Sid       = sid
      Effect    = "Allow"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = ["kms:Decrypt"]
      Resource  = "*"
      Condition = { StringEquals = { "aws:SourceArn" = arn } }
    }],
  )
}

resource "aws_kms_key" "data" {
  description             = "Encrypts what ${var.name} keeps"
  enable_key_rotation     = true
  deletion_window_in_days = 30 # the longest there is: what it encrypted is lost with it

  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}

resource "aws_kms_alias" "data" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.data.key_id
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}
