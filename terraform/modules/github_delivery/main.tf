# The roles that GitHub Actions takes on to deliver: no key of AWS is stored at GitHub, each job gets credentials that end
# with it. Who may take on which is decided by the job's identity (its sub claim): a pull request of this repository may
# look, and each stage's environment, whose rules GitHub enforces, may change that stage.
# https://docs.github.com/en/actions/concepts/security/openid-connect
resource "aws_iam_openid_connect_provider" "github" {
  count = var.create_provider ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_openid_connect_provider" "github" {
  count = var.create_provider ? 0 : 1

  url = "https://${local.issuer}"
}

locals {
  issuer   = "token.actions.githubusercontent.com"
  provider = one(concat(aws_iam_openid_connect_provider.github[*].arn, data.aws_iam_openid_connect_provider.github[*].arn))

  subjects = merge(
    { plan = "repo:${var.repository}:pull_request" },
    { for stage, environment in var.environments : stage => "repo:${var.repository}:environment:${environment}" },
  )
}

resource "aws_iam_role" "this" {
  for_each = local.subjects

  name                 = each.key == "plan" ? "${var.name}-delivery-plan" : "${var.name}-delivery-${each.key}"
  description          = each.key == "plan" ? "Plans for pull requests; changes nothing" : "Delivers Gazette to ${each.key}"
  max_session_duration = 3600
  permissions_boundary = var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = local.provider }
      Action    = "sts:AssumeRoleWithWebIdentity"
      # Exactly these: a pattern in sub would let in branches and repositories that nobody thought of.
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = "sts.amazonaws.com"
          "${local.issuer}:sub" = each.value
        }
      }
    }]
  })
}

# Deliberately not AWS's own ReadOnlyAccess, which reads what every bucket and table of the account holds.
resource "aws_iam_role_policy" "plan" {
  role = aws_iam_role.this["plan"].id
  name = "plan"
  policy = jsonencode({ Version = "2012-10-17", Statement = concat(
    local.read_state, local.read_configuration, local.read_releases, local.read_pages, local.read_sign_in_pages,
  ) })
}

resource "aws_iam_role_policy" "deploy" {
  for_each = var.environments

  role   = aws_iam_role.this[each.key].id
  name   = "deploy"
  policy = jsonencode({ Version = "2012-10-17", Statement = concat(local.read_state, local.read_configuration, local.deploy[each.key]) })
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}
