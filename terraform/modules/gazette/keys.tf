# By one switch everything that keeps data is encrypted with a customer key: one that is made here, or the site's own.
module "encryption" {
  source = "../encryption"
  count  = var.customer_key ? 1 : 0

  name                    = var.name
  media_distribution_arns = module.media_cdn[*].distribution_arn
  page_distribution_arns  = var.page == null ? [] : [module.web_page[0].distribution_arn]
}

locals {
  key_arn          = var.customer_key ? one(module.encryption[*].key_arn) : var.kms_key_arn
  has_customer_key = var.customer_key || var.kms_key_arn != null

  # A service uses the key in the name of whoever reads (Decrypt) or writes (GenerateDataKey; SNS and SQS ask for both), so
  # each role needs it for what it does, and through that service alone. DynamoDB asks for Decrypt only: it has a grant.
  # What presigned requests do counts as the API's; what CloudFront serves, as CloudFront's. The sweeper looks at uploads' headers, which are not encrypted.
  key_uses = {
    api          = { Decrypt = concat(["dynamodb"], var.media_cdn == null ? ["s3"] : [], ["sqs"]), GenerateDataKey = ["s3", "sqs"] }
    image_worker = { Decrypt = ["dynamodb", "s3", "sns", "sqs"], GenerateDataKey = ["s3", "sns", "sqs"] }
    sweeper      = { Decrypt = ["dynamodb", "sqs"], GenerateDataKey = ["sqs"] }
  }

  key_statements = {
    for function, uses in local.key_uses : function => [
      for action, services in local.has_customer_key ? uses : {} : {
        sid       = "CustomerKey${action}"
        actions   = ["kms:${action}"]
        resources = [local.key_arn]
        conditions = [{
          test     = "StringEquals"
          variable = "kms:ViaService"
          values   = [for service in services : "${service}.${data.aws_region.current.name}.amazonaws.com"]
        }]
      }
    ]
  }
}
