terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }

  # The one root whose state can't lie in the bucket yet. `make bootstrap` applies a copy of this directory with the state
  # beside it, then adds a backend and moves the state into the new bucket.
}
