# What a stage's delivery needs for its page besides CloudFront: the files in the page's bucket, which everybody may read, and
# the name of Cognito's sign-in page. A policy of its own: the inline one of a stage has no room for more; the plan role's has.
locals {
  page_files = "${local.arn}:s3:::${var.name}-%s-page-${data.aws_caller_identity.current.account_id}-${data.aws_region.current.name}/*"

  # A refresh reads these.
  read_pages = [for stages in [var.pages] : {
    Sid      = "ReadPages"
    Effect   = "Allow"
    Action   = ["s3:GetObject", "s3:GetObjectTagging"]
    Resource = [for stage in sort(stages) : format(local.page_files, stage)]
  } if length(stages) > 0]

  read_sign_in_pages = [for stages in [var.pages] : {
    Sid      = "ReadSignInPages"
    Effect   = "Allow"
    Action   = ["cognito-idp:DescribeUserPoolDomain"] # knows no resource
    Resource = ["*"]
  } if length(stages) > 0]
}

resource "aws_iam_role_policy_attachment" "page" {
  for_each = aws_iam_policy.page

  role       = aws_iam_role.this[each.key].name
  policy_arn = each.value.arn
}

resource "aws_iam_policy" "page" {
  for_each = { for stage, environment in var.environments : stage => environment if contains(var.pages, stage) }

  name        = "${var.name}-delivery-${each.key}-page"
  description = "What delivering the page of ${each.key} needs"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(local.read_sign_in_pages, [
      {
        Sid      = "FilesOfThePage"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject", "s3:GetObject", "s3:GetObjectTagging", "s3:PutObject", "s3:PutObjectTagging"]
        Resource = [format(local.page_files, each.key)]
      },
      # A pool's ARN is an id.
      {
        Sid      = "NameOfTheSignInPage"
        Effect   = "Allow"
        Action   = ["cognito-idp:CreateUserPoolDomain", "cognito-idp:DeleteUserPoolDomain", "cognito-idp:UpdateUserPoolDomain"]
        Resource = ["${local.arn}:cognito-idp:${local.here}:userpool/*"]
      },
    ])
  })
}
