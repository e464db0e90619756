# CloudFront's resources carry no names in their ARNs. A distribution is told by its tag, so a stage's role changes its own;
# what belongs to it has none, and who may change one stage's may change another's. So only for stages that may have a
# distribution (media_cdn, pages), and as a policy of its own: the inline one has no room for more.
locals {
  cloudfront = "${local.arn}:cloudfront::${data.aws_caller_identity.current.account_id}"
}

moved {
  from = aws_iam_role_policy_attachment.media_cdn
  to   = aws_iam_role_policy_attachment.cloudfront
}

moved {
  from = aws_iam_policy.media_cdn
  to   = aws_iam_policy.cloudfront
}

resource "aws_iam_role_policy_attachment" "cloudfront" {
  for_each = aws_iam_policy.cloudfront

  role       = aws_iam_role.this[each.key].name
  policy_arn = each.value.arn
}

resource "aws_iam_policy" "cloudfront" {
  for_each = { for stage, environment in var.environments : stage => environment if var.media_cdn || contains(var.pages, stage) }

  name        = "${var.name}-delivery-${each.key}-cloudfront"
  description = "What delivering CloudFront to ${each.key} needs"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      # A new one has no tag yet that could be asked for.
      {
        Sid      = "MakeDistributions"
        Effect   = "Allow"
        Action   = ["cloudfront:CreateDistribution"]
        Resource = ["${local.cloudfront}:distribution/*"]
      },
      # Neither is another stage's made its own by a tag.
      {
        Sid      = "TagOwnDistributions"
        Effect   = "Allow"
        Action   = ["cloudfront:TagResource"]
        Resource = ["${local.cloudfront}:distribution/*"]
        Condition = {
          StringEquals         = { "aws:RequestTag/Environment" = each.key }
          StringEqualsIfExists = { "aws:ResourceTag/Environment" = each.key }
        }
      },
      {
        Sid       = "OwnDistributions"
        Effect    = "Allow"
        Action    = ["cloudfront:DeleteDistribution", "cloudfront:UpdateDistribution"]
        Resource  = ["${local.cloudfront}:distribution/*"]
        Condition = { StringEquals = { "aws:ResourceTag/Environment" = each.key } }
      },
      {
        Sid    = "WhatBelongsToDistributions"
        Effect = "Allow"
        Action = [
          "cloudfront:CreateCachePolicy", "cloudfront:DeleteCachePolicy", "cloudfront:UpdateCachePolicy",
          "cloudfront:CreateResponseHeadersPolicy", "cloudfront:DeleteResponseHeadersPolicy", "cloudfront:UpdateResponseHeadersPolicy",
          "cloudfront:DeleteOriginAccessControl", "cloudfront:UpdateOriginAccessControl",
        ]
        Resource = [for kind in ["cache-policy", "origin-access-control", "response-headers-policy"] : "${local.cloudfront}:${kind}/*"]
      },
      # CloudFront knows no resource for these.
      {
        Sid    = "KeysAndOriginsOfDistributions"
        Effect = "Allow"
        Action = [
          "cloudfront:CreateKeyGroup", "cloudfront:DeleteKeyGroup", "cloudfront:UpdateKeyGroup",
          "cloudfront:CreateOriginAccessControl",
          "cloudfront:CreatePublicKey", "cloudfront:DeletePublicKey", "cloudfront:UpdatePublicKey",
        ]
        Resource = ["*"]
      },
    ]
  })
}
