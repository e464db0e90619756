output "api_url" {
  description = "Where the API is, with no slash at the end."
  value       = module.gazette.api_url
}

output "region" {
  description = "The region that everything is in."
  value       = module.gazette.region
}

output "table_name" {
  description = "The article table."
  value       = module.gazette.table_name
}

output "uploads_bucket" {
  description = "The bucket that clients post to."
  value       = module.gazette.uploads_bucket
}

output "media_bucket" {
  description = "The bucket that renditions are served from."
  value       = module.gazette.media_bucket
}

output "image_jobs_queue_url" {
  description = "The queue between S3 and the worker."
  value       = module.gazette.image_jobs_queue_url
}

output "dead_letter_queue_url" {
  description = "Where jobs end that failed every try."
  value       = module.gazette.dead_letter_queue_url
}

output "image_events_topic_arn" {
  description = "The topic that announces what became of an image."
  value       = module.gazette.image_events_topic_arn
}

output "undelivered_image_events_queue_url" {
  description = "What the webhook did not take; null where there is no webhook."
  value       = module.gazette.undelivered_image_events_queue_url
}

output "api_function" {
  description = "The name of the function that serves the API."
  value       = module.gazette.api_function
}

output "authorizer_function" {
  description = "The name of the function that checks optional tokens."
  value       = module.gazette.authorizer_function
}

output "worker_function" {
  description = "The name of the function that works on images."
  value       = module.gazette.worker_function
}

output "sweeper_function" {
  description = "The name of the function that tidies up."
  value       = module.gazette.sweeper_function
}

output "releases" {
  description = "By function: name, alias, the version published last, and CodeDeploy's application and deployment group."
  value       = module.gazette.releases
}

output "user_pool_id" {
  description = "The user pool."
  value       = module.gazette.user_pool_id
}

output "user_pool_client_id" {
  description = "The app client: the audience of ID tokens."
  value       = module.gazette.user_pool_client_id
}

output "operations_topic_arn" {
  description = "Where alarms are published; null when observability is off."
  value       = module.gazette.operations_topic_arn
}

output "api_keys" {
  description = "The values of the usage plans' API keys, by name."
  value       = module.gazette.api_keys
  sensitive   = true
}

output "web_acl_name" {
  description = "The web ACL before the API, as metrics call it; null where there is none."
  value       = module.gazette.web_acl_name
}

output "media_url" {
  description = "Where CloudFront serves renditions; null where S3 does."
  value       = module.gazette.media_url
}

output "media_domain_name" {
  description = "CloudFront's own name, where the names of media_cdn point by DNS; null where S3 serves."
  value       = module.gazette.media_domain_name
}

output "page_url" {
  description = "Where the page is, with no slash at the end; null where there is none."
  value       = module.gazette.page_url
}

output "page_domain_name" {
  description = "CloudFront's own name of the page, where the names of page point by DNS; null where there is none."
  value       = module.gazette.page_domain_name
}

output "sign_in_url" {
  description = "Where the page sends people to sign in; null where there is no page."
  value       = module.gazette.sign_in_url
}
