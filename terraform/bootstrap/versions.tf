terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }

  # The one root whose state can't lie in the bucket yet. Apply it once an account, then move the state there: add
  # `backend "s3" {}` in a backend_override.tf and run terraform init -migrate-state.
}
