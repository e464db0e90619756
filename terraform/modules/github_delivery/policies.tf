# What the roles may do. A stage's role may make, change and remove resources that carry the stage's name, and of others only
# what cannot be bound to a name; what tables, queues and buckets hold it may not read. It makes roles, so it could make one that may do more: permissions_boundary_arn is what bounds
# that, and is then required of every role that it makes.
locals {
  arn    = "arn:${data.aws_partition.current.partition}"
  here   = "${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"
  bucket = "${local.arn}:s3:::${var.state_bucket}"

  # Null where neither is set, which coalesce would refuse.
  required_boundary_arn = var.stages_permissions_boundary_arn == null ? var.permissions_boundary_arn : var.stages_permissions_boundary_arn

  read_state = [
    {
      Sid      = "FindStatesAndReleases"
      Effect   = "Allow"
      Action   = ["s3:GetBucketLocation", "s3:ListBucket"]
      Resource = [local.bucket]
    },
    {
      Sid      = "ReadStatesAndReleases"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = ["${local.bucket}/${var.name}/*.tfstate", "${local.bucket}/releases/*.json", "${local.bucket}/sboms/*.json"]
    },
  ]

  # What a refresh reads of every resource: its configuration, not what buckets and tables hold.
  read_configuration = [
    {
      Sid    = "ReadConfiguration"
      Effect = "Allow"
      Action = [
        "apigateway:GET",
        "cloudfront:GetCachePolicy", "cloudfront:GetDistribution", "cloudfront:GetKeyGroup", "cloudfront:GetOriginAccessControl",
        "cloudfront:GetPublicKey", "cloudfront:GetResponseHeadersPolicy", "cloudfront:ListTagsForResource",
        "cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource",
        "cognito-idp:DescribeUserPool", "cognito-idp:DescribeUserPoolClient", "cognito-idp:GetGroup", "cognito-idp:GetUserPoolMfaConfig",
        "dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive", "dynamodb:ListTagsOfResource",
        "ecr:DescribeRepositories", "ecr:GetLifecyclePolicy", "ecr:GetRepositoryPolicy", "ecr:ListTagsForResource",
        "events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule",
        "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies",
        "lambda:GetEventSourceMapping", "lambda:GetFunction", "lambda:GetFunctionCodeSigningConfig", "lambda:GetFunctionConfiguration",
        "lambda:GetPolicy", "lambda:ListEventSourceMappings", "lambda:ListTags", "lambda:ListVersionsByFunction",
        "logs:DescribeLogGroups", "logs:ListTagsForResource",
        "s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLocation", "s3:GetBucketLogging",
        "s3:GetBucketNotification", "s3:GetBucketObjectLockConfiguration", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy",
        "s3:GetBucketPublicAccessBlock", "s3:GetBucketRequestPayment", "s3:GetBucketTagging", "s3:GetBucketVersioning",
        "s3:GetBucketWebsite", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration",
        "sns:GetSubscriptionAttributes", "sns:GetTopicAttributes", "sns:ListTagsForResource",
        "sqs:GetQueueAttributes", "sqs:ListQueueTags",
        "wafv2:GetLoggingConfiguration", "wafv2:GetWebACL", "wafv2:GetWebACLForResource", "wafv2:ListTagsForResource",
      ]
      Resource = ["*"]
    },
    {
      Sid      = "ReadBudgets"
      Effect   = "Allow"
      Action   = ["budgets:ListTagsForResource", "budgets:ViewBudget"]
      Resource = ["${local.arn}:budgets::${data.aws_caller_identity.current.account_id}:budget/${var.name}-*"]
    },
    # Whether a bucket is there at all.
    {
      Sid      = "FindBuckets"
      Effect   = "Allow"
      Action   = ["s3:ListBucket"]
      Resource = ["${local.arn}:s3:::${var.name}-*"]
    },
  ]

  deploy = { for stage, environment in var.environments : stage => concat(
    [
      {
        Sid    = "WriteOwnStateAndReleases"
        Effect = "Allow"
        Action = ["s3:PutObject"]
        Resource = concat(
          ["${local.bucket}/${var.name}/${stage}.tfstate", "${local.bucket}/${var.name}/${stage}.tfstate.tflock", "${local.bucket}/releases/${stage}.json"],
          stage == var.building_stage ? [
            "${local.bucket}/${var.name}/registry.tfstate", "${local.bucket}/${var.name}/registry.tfstate.tflock", "${local.bucket}/sboms/*.json",
          ] : [],
        )
      },
      {
        Sid      = "LockOwnState"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:DeleteObject"]
        Resource = concat(["${local.bucket}/${var.name}/${stage}.tfstate.tflock"], stage == var.building_stage ? ["${local.bucket}/${var.name}/registry.tfstate.tflock"] : [])
      },
      {
        Sid    = "OwnResources"
        Effect = "Allow"
        Action = [
          "budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource",
          "cloudwatch:DeleteAlarms", "cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard", "cloudwatch:PutMetricAlarm",
          "cloudwatch:TagResource", "cloudwatch:UntagResource",
          "dynamodb:CreateTable", "dynamodb:DeleteTable", "dynamodb:TagResource", "dynamodb:UntagResource",
          "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive",
          "events:DeleteRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets", "events:TagResource", "events:UntagResource",
          "lambda:AddPermission", "lambda:CreateFunction", "lambda:DeleteFunction", "lambda:DeleteFunctionConcurrency",
          "lambda:PutFunctionConcurrency", "lambda:RemovePermission", "lambda:TagResource", "lambda:UntagResource", "lambda:UpdateFunctionCode",
          "lambda:UpdateFunctionConfiguration",
          "logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DeleteRetentionPolicy",
          "logs:DisassociateKmsKey", "logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource",
          "s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:ListBucketVersions", "s3:PutBucketCORS",
          "s3:PutBucketNotification", "s3:PutBucketOwnershipControls", "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock",
          "s3:PutBucketTagging", "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration",
          "sns:CreateTopic", "sns:DeleteTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource", "sns:UntagResource",
          "sqs:CreateQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue",
          "wafv2:AssociateWebACL", "wafv2:CreateWebACL", "wafv2:DeleteLoggingConfiguration", "wafv2:DeleteWebACL",
          "wafv2:DisassociateWebACL", "wafv2:PutLoggingConfiguration", "wafv2:TagResource", "wafv2:UntagResource", "wafv2:UpdateWebACL",
        ]
        Resource = [
          "${local.arn}:budgets::${data.aws_caller_identity.current.account_id}:budget/${var.name}-${stage}-*",
          "${local.arn}:cloudwatch:${local.here}:alarm:${var.name}-${stage}-*",
          "${local.arn}:cloudwatch::${data.aws_caller_identity.current.account_id}:dashboard/${var.name}-${stage}*",
          "${local.arn}:dynamodb:${local.here}:table/${var.name}-${stage}-*",
          "${local.arn}:events:${local.here}:rule/${var.name}-${stage}-*",
          "${local.arn}:lambda:${local.here}:function:${var.name}-${stage}-*",
          "${local.arn}:logs:${local.here}:log-group:/aws/lambda/${var.name}-${stage}-*",
          "${local.arn}:logs:${local.here}:log-group:/aws/apigateway/${var.name}-${stage}*",
          "${local.arn}:logs:${local.here}:log-group:aws-waf-logs-${var.name}-${stage}-*",
          "${local.arn}:s3:::${var.name}-${stage}-*",
          "${local.arn}:sns:${local.here}:${var.name}-${stage}-*",
          "${local.arn}:sqs:${local.here}:${var.name}-${stage}-*",
          "${local.arn}:wafv2:${local.here}:regional/webacl/${var.name}-${stage}-*/*",
        ]
      },
      # Their ARNs hold ids that AWS gives, no names.
      {
        Sid    = "ResourcesWithoutNames"
        Effect = "Allow"
        Action = [
          "apigateway:DELETE", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT", "apigateway:SetWebACL",
          "cognito-idp:AddCustomAttributes", "cognito-idp:CreateGroup", "cognito-idp:CreateUserPoolClient", "cognito-idp:DeleteGroup",
          "cognito-idp:DeleteUserPool", "cognito-idp:DeleteUserPoolClient", "cognito-idp:SetUserPoolMfaConfig",
          "cognito-idp:TagResource", "cognito-idp:UntagResource", "cognito-idp:UpdateGroup", "cognito-idp:UpdateUserPool",
          "cognito-idp:UpdateUserPoolClient",
          "wafv2:AssociateWebACL", "wafv2:DisassociateWebACL",
        ]
        Resource = [
          "${local.arn}:apigateway:${data.aws_region.current.name}::/restapis*",
          "${local.arn}:apigateway:${data.aws_region.current.name}::/account",
          "${local.arn}:apigateway:${data.aws_region.current.name}::/apikeys*",
          "${local.arn}:apigateway:${data.aws_region.current.name}::/tags/*",
          "${local.arn}:apigateway:${data.aws_region.current.name}::/usageplans*",
          "${local.arn}:cognito-idp:${local.here}:userpool/*",
        ]
      },
      # A web ACL names Amazon's rules, and is checked against them too.
      {
        Sid      = "UseManagedRules"
        Effect   = "Allow"
        Action   = ["wafv2:CreateWebACL", "wafv2:UpdateWebACL"]
        Resource = ["${local.arn}:wafv2:${local.here}:regional/managedruleset/*/*"]
      },
      {
        Sid    = "WhatKnowsNoResource"
        Effect = "Allow"
        Action = [
          "cognito-idp:CreateUserPool", "ecr:GetAuthorizationToken",
          "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeResourcePolicies",
          "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
          "sns:SetSubscriptionAttributes", "sns:Unsubscribe",
        ]
        Resource = ["*"]
      },
      # What starts a function has an id for a name: the function that it starts is what binds it to the stage.
      {
        Sid      = "StartOwnFunctions"
        Effect   = "Allow"
        Action   = ["lambda:CreateEventSourceMapping"]
        Resource = ["*"]
        Condition = {
          ArnLike = { "lambda:FunctionArn" = "${local.arn}:lambda:${local.here}:function:${var.name}-${stage}-*" }
        }
      },
      {
        Sid      = "LookAfterWhatStartsThem"
        Effect   = "Allow"
        Action   = ["lambda:DeleteEventSourceMapping", "lambda:UpdateEventSourceMapping"]
        Resource = ["${local.arn}:lambda:${local.here}:event-source-mapping:*"]
        Condition = {
          ArnLike = { "lambda:FunctionArn" = "${local.arn}:lambda:${local.here}:function:${var.name}-${stage}-*" }
        }
      },
      {
        Sid      = "TagWhatStartsThem"
        Effect   = "Allow"
        Action   = ["lambda:TagResource", "lambda:UntagResource"]
        Resource = ["${local.arn}:lambda:${local.here}:event-source-mapping:*"]
      },
      # Lambda looks, in the caller's name, whether it may pull the image.
      {
        Sid    = "Images"
        Effect = "Allow"
        Action = concat(
          ["ecr:BatchGetImage", "ecr:DescribeImageScanFindings", "ecr:GetDownloadUrlForLayer", "ecr:SetRepositoryPolicy"],
          stage == var.building_stage ? [
            "ecr:BatchCheckLayerAvailability", "ecr:CompleteLayerUpload", "ecr:CreateRepository",
            "ecr:InitiateLayerUpload", "ecr:PutImage",
            "ecr:PutImageScanningConfiguration", "ecr:PutLifecyclePolicy", "ecr:TagResource", "ecr:UploadLayerPart",
          ] : [],
        )
        Resource = ["${local.arn}:ecr:${local.here}:repository/${var.name}/*"]
      },
      {
        Sid    = "LookAfterRoles"
        Effect = "Allow"
        Action = [
          "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:ListInstanceProfilesForRole", "iam:TagRole",
          "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription",
        ]
        Resource = ["${local.arn}:iam::${data.aws_caller_identity.current.account_id}:role/${var.name}-${stage}-*"]
      },
      merge(
        {
          Sid      = "MakeRoles"
          Effect   = "Allow"
          Action   = ["iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePolicy"]
          Resource = ["${local.arn}:iam::${data.aws_caller_identity.current.account_id}:role/${var.name}-${stage}-*"]
        },
        local.required_boundary_arn == null ? {} : {
          Condition = { StringEquals = { "iam:PermissionsBoundary" = local.required_boundary_arn } }
        },
      ),
      {
        Sid      = "HandRolesToServices"
        Effect   = "Allow"
        Action   = ["iam:PassRole"]
        Resource = ["${local.arn}:iam::${data.aws_caller_identity.current.account_id}:role/${var.name}-${stage}-*"]
        Condition = {
          StringEquals = { "iam:PassedToService" = ["apigateway.amazonaws.com", "lambda.amazonaws.com"] }
        }
      },
    ],
  ) }
}
