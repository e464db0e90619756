output "repository_urls" {
  description = "Where to push each image to."
  value = {
    api          = module.api.url
    image_worker = module.image_worker.url
  }
}
