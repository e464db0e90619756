output "api_url" {
  description = "Where the API is, with no slash at the end."
  value       = module.gazette.api_url
}

output "endpoint_url" {
  description = "The emulator."
  value       = var.endpoint_url
}

output "rekognition_endpoint_url" {
  description = "The Rekognition stand-in."
  value       = var.rekognition_endpoint_url
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

output "alias" {
  description = "The alias that everybody calls, of each function."
  value       = module.gazette.releases.api.alias
}

output "user_pool_id" {
  description = "The user pool."
  value       = module.gazette.user_pool_id
}

output "user_pool_client_id" {
  description = "The app client: the audience of ID tokens."
  value       = module.gazette.user_pool_client_id
}

output "page_url" {
  description = "Where the page is, with no slash at the end; null where there is none."
  value       = module.gazette.page_url
}

output "sign_in_url" {
  description = "Where the page sends people to sign in: the emulator has a page for it, too."
  value       = module.gazette.sign_in_url
}
