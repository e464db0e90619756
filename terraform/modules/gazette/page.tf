# The page in AWS. Its address is in the app client's callback URLs, and the client's id in the functions' settings, so nothing
# here may wait for a function or for the API's stage: of the API it takes the id alone.
module "web_page" {
  source = "../web_page"
  count  = var.page == null ? 0 : 1

  name                  = var.name
  directory             = "${local.services}/web"
  api_id                = module.rest_api.id
  stage                 = var.stage
  api_under_same_origin = var.page.api_under_same_origin
  api_url               = local.public_url
  sign_in_url           = module.identity.sign_in_url
  client_id             = module.identity.user_pool_client_id
  uploads_origin        = "https://${module.image_pipeline.uploads_bucket_domain_name}"
  media_origin          = var.media_cdn == null ? "https://${module.image_pipeline.media_bucket_domain_name}" : one(module.media_cdn[*].url)
  aliases               = var.page.aliases
  certificate_arn       = var.page.certificate_arn
  price_class           = var.page.price_class
  web_acl_arn           = var.page.web_acl_arn
  kms_key_arn           = local.key_arn
  require_tls           = var.require_tls
  force_destroy         = var.force_destroy
}

locals {
  # Where people may come back to from signing in, and pictures may be posted from. By its index, because a splat waits for
  # the whole module, config.json included, which waits for the app client.
  page_urls = concat(var.page == null ? [] : module.web_page[0].urls, var.page_urls)
}
