# What a stage's delivery needs where the stage makes a key of its own (customer_key). A key has no name that a policy could
# bind it to, but it is born with the stage's tags: whoever has no such key can't get one by tagging another stage's.
# For a site's own key (kms_key_arn) its owner lets these roles use it.
resource "aws_iam_policy" "customer_key" {
  for_each = var.customer_keys ? var.environments : {}

  name        = "${var.name}-delivery-${each.key}-customer-key"
  description = "Makes and looks after the key of ${var.name}-${each.key}"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "MakeKey"
        Effect    = "Allow"
        Action    = ["kms:CreateKey"] # knows no resource: there is none yet
        Resource  = ["*"]
        Condition = { StringEquals = local.born_with[each.key] }
      },
      {
        Sid      = "TagKeyAtItsBirth"
        Effect   = "Allow"
        Action   = ["kms:TagResource"]
        Resource = [local.keys]
        Condition = {
          StringEquals = local.born_with[each.key]
          Null         = { "aws:ResourceTag/Environment" = "true" }
        }
      },
      {
        Sid    = "LookAfterOwnKey"
        Effect = "Allow"
        Action = [
          "kms:CreateAlias", "kms:DeleteAlias", "kms:DescribeKey", "kms:EnableKeyRotation", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus",
          "kms:ListResourceTags", "kms:PutKeyPolicy", "kms:UpdateAlias", "kms:UpdateKeyDescription",
        ]
        Resource  = [local.keys]
        Condition = { StringEquals = local.own_key[each.key] }
      },
      {
        Sid      = "NameOwnKey"
        Effect   = "Allow"
        Action   = ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"]
        Resource = ["${local.arn}:kms:${local.here}:alias/${var.name}-${each.key}"]
      },
      {
        Sid      = "FindAliases"
        Effect   = "Allow"
        Action   = ["kms:ListAliases"] # knows no resource
        Resource = ["*"]
      },
      {
        Sid    = "EncryptTableWithOwnKey"
        Effect = "Allow"
        Action = [
          "kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
          "kms:ReEncryptFrom", "kms:ReEncryptTo",
        ]
        Resource = [local.keys]
        Condition = {
          StringEquals = merge(local.own_key[each.key], { "kms:ViaService" = "dynamodb.${data.aws_region.current.name}.amazonaws.com" })
        }
      },
      # It writes the page's files; it reads none.
      {
        Sid      = "EncryptPageWithOwnKey"
        Effect   = "Allow"
        Action   = ["kms:GenerateDataKey"]
        Resource = [local.keys]
        Condition = {
          StringEquals = merge(local.own_key[each.key], { "kms:ViaService" = "s3.${data.aws_region.current.name}.amazonaws.com" })
        }
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "customer_key" {
  for_each = aws_iam_policy.customer_key

  role       = aws_iam_role.this[each.key].name
  policy_arn = each.value.arn
}

locals {
  keys = "${local.arn}:kms:${local.here}:key/*"

  # As environments/<stage>/providers.tf tags everything. Deleting a key is nothing that a delivery does.
  born_with = { for stage in keys(var.environments) : stage => {
    "aws:RequestTag/Project"     = var.name
    "aws:RequestTag/Environment" = stage
  } }
  own_key = { for stage in keys(var.environments) : stage => {
    "aws:ResourceTag/Project"     = var.name
    "aws:ResourceTag/Environment" = stage
  } }
}
