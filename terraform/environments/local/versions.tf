terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }

  # Whoever applies this says where the state lies: -backend-config=path=…
  backend "local" {}
}
