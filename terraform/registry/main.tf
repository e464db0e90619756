# The repositories of the two images. A root of its own: they must exist, and hold an image, before any function can, and
# all environments deploy the same digests from them.
provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project   = "gazette"
      ManagedBy = "terraform"
    }
  }
}

module "api" {
  source = "../modules/container_repository"

  name        = "${var.name}/api"
  kms_key_arn = var.kms_key_arn
}

module "image_worker" {
  source = "../modules/container_repository"

  name        = "${var.name}/image_worker"
  kms_key_arn = var.kms_key_arn
}
