output "api_url" {
  description = "Where the API is, with no slash at the end."
  value       = var.public_url == null ? module.rest_api.url : local.public_url
}

output "api_keys" {
  description = "The values of the usage plans' API keys, by name."
  value       = module.rest_api.api_keys
  sensitive   = true
}

output "rest_api_id" {
  description = "The REST API's id."
  value       = module.rest_api.id
}

output "stage" {
  description = "The REST API's stage."
  value       = module.rest_api.stage
}

output "region" {
  description = "The region that everything is in."
  value       = data.aws_region.current.name
}

output "table_name" {
  description = "The article table."
  value       = module.article_table.name
}

output "uploads_bucket" {
  description = "The bucket that clients post to."
  value       = module.image_pipeline.uploads_bucket
}

output "media_bucket" {
  description = "The bucket that renditions are served from."
  value       = module.image_pipeline.media_bucket
}

output "image_jobs_queue_url" {
  description = "The queue between S3 and the worker."
  value       = module.image_pipeline.image_jobs_queue_url
}

output "dead_letter_queue_url" {
  description = "Where jobs end that failed every try."
  value       = module.image_pipeline.dead_letter_queue_url
}

output "image_events_topic_arn" {
  description = "The topic that announces what became of an image."
  value       = module.image_pipeline.image_events_topic_arn
}

output "undelivered_image_events_queue_url" {
  description = "What the webhook did not take; null where there is no webhook."
  value       = module.image_pipeline.undelivered_image_events_queue_url
}

output "api_function" {
  description = "The name of the function that serves the API."
  value       = module.api_function.name
}

output "authorizer_function" {
  description = "The name of the function that checks optional tokens."
  value       = module.authorizer_function.name
}

output "worker_function" {
  description = "The name of the function that works on images."
  value       = module.worker_function.name
}

output "sweeper_function" {
  description = "The name of the function that tidies up."
  value       = module.sweeper_function.name
}

output "releases" {
  description = "By function: its name, the alias in service, the version published last, and CodeDeploy's application and deployment group; null where Terraform moves the alias."
  value = {
    for key, function in local.functions : key => {
      function         = function.name
      alias            = function.alias_name
      version          = function.version
      application      = one(module.release[*].application)
      deployment_group = one([for release in module.release : release.deployment_groups[key]])
    }
  }
}

output "user_pool_id" {
  description = "The user pool."
  value       = module.identity.user_pool_id
}

output "user_pool_client_id" {
  description = "The app client: the audience of ID tokens."
  value       = module.identity.user_pool_client_id
}

output "operations_topic_arn" {
  description = "Where alarms are published; null when observability is off."
  value       = module.observability.operations_topic_arn
}

output "policies" {
  description = "What each function may do, JSON by function: for reviews and tests."
  value = {
    api          = module.api_function.policy
    authorizer   = module.authorizer_function.policy
    image_worker = module.worker_function.policy
    sweeper      = module.sweeper_function.policy
  }
}

output "web_acl_name" {
  description = "The web ACL's name, as metrics call it; null where there is none."
  value       = one(module.waf[*].web_acl_name)
}

output "media_url" {
  description = "Where CloudFront serves renditions; null where S3 does."
  value       = one(module.media_cdn[*].url)
}

output "media_domain_name" {
  description = "CloudFront's own name, where the names of media_cdn point by DNS; null where S3 serves."
  value       = one(module.media_cdn[*].domain_name)
}

output "page_url" {
  description = "Where the page is, with no slash at the end; null where there is none."
  value       = try(local.page_urls[0], null)
}

output "page_domain_name" {
  description = "CloudFront's own name of the page, where the names of page point by DNS; null where there is none."
  value       = one(module.web_page[*].domain_name)
}

output "sign_in_url" {
  description = "Where the page sends people to sign in, with no slash at the end; null where there is no page."
  value       = module.identity.sign_in_url
}
