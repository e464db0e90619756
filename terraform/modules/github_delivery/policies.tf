# What the roles may do. A stage's role may do anything to resources that carry the stage's name, and to others only what
# cannot be bound to a name. It makes roles, so it could make one that may do more: permissions_boundary_arn is what bounds
# that, and is then required of every role that it makes.
locals {
  arn    = "arn:${data.aws_partition.current.partition}"
  here   = "${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"
  bucket = "${local.arn}:s3:::${var.state_bucket}"

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
        "s3:GetAccelerateConfiguration", "s3:GetBucket*", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration",
        "s3:GetReplicationConfiguration",
        "sns:GetSubscriptionAttributes", "sns:GetTopicAttributes", "sns:ListTagsForResource",
        "sqs:GetQueueAttributes", "sqs:ListQueueTags",
        "wafv2:GetLoggingConfiguration", "wafv2:GetWebACL", "wafv2:GetWebACLForResource", "wafv2:ListTagsForResource",
      ]
      Resource = ["*"]
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
          "cloudwatch:*", "dynamodb:*", "events:*", "lambda:*", "logs:*", "s3:*", "sns:*", "sqs:*",
          "wafv2:*",
        ]
        Resource = [
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
        Action = ["apigateway:*", "cognito-idp:*", "wafv2:AssociateWebACL", "wafv2:DisassociateWebACL"]
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
          "lambda:CreateEventSourceMapping", "lambda:DeleteEventSourceMapping", "lambda:TagResource", "lambda:UpdateEventSourceMapping",
          "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeResourcePolicies",
          "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
          "sns:SetSubscriptionAttributes", "sns:Unsubscribe",
        ]
        Resource = ["*"]
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
        var.permissions_boundary_arn == null ? {} : {
          Condition = { StringEquals = { "iam:PermissionsBoundary" = var.permissions_boundary_arn } }
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
