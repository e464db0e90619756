provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project     = "gazette"
      Environment = "prod"
      ManagedBy   = "terraform"
    }
  }
}
