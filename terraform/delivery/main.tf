# What GitHub Actions may do in this account. A root of its own, applied once by somebody who may make roles: a workflow
# must not be able to widen its own permissions.
provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project   = "gazette"
      ManagedBy = "terraform"
    }
  }
}

module "github" {
  source = "../modules/github_delivery"

  repository               = var.repository
  state_bucket             = var.state_bucket
  media_cdn                = var.media_cdn
  pages                    = var.pages
  customer_keys            = var.customer_keys
  create_provider          = var.create_provider
  permissions_boundary_arn = var.permissions_boundary_arn

  stages_permissions_boundary_arn = one(module.permissions_boundary[*].arn)
}

# Who makes roles could make one that may do more than itself: with this each has to be bounded.
module "permissions_boundary" {
  source = "../modules/permissions_boundary"
  count  = var.bound_stages ? 1 : 0

  name = "gazette"
}
