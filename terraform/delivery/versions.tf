terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }

  # Bucket and region are the site's: terraform init -backend-config=bucket=… -backend-config=region=…
  # (terraform/bootstrap makes the bucket). The lock lies beside the state; no table is needed for it.
  backend "s3" {
    key          = "gazette/delivery.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}
