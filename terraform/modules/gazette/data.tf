module "article_table" {
  source = "../article_table"

  name                = coalesce(var.table_name, "${var.name}-articles")
  key_schema          = jsondecode(file("${local.services}/articles/table.json"))
  deletion_protection = var.deletion_protection
  kms_key_arn         = local.key_arn
}

module "identity" {
  source = "../identity"

  name                = var.name
  self_sign_up        = var.self_sign_up
  mfa                 = var.mfa
  explicit_auth_flows = var.explicit_auth_flows
  deletion_protection = var.deletion_protection
  cognito_endpoint    = var.cognito_endpoint
  sign_in_page        = var.page != null || length(var.page_urls) > 0
  page_urls           = local.page_urls
}

# Signs the API's page cursors. Made once: uuid() differs at every plan, so its change is ignored. It protects nobody's
# data (a forged cursor reads what a plain request reads), so the state, which is private anyway, may hold it.
# `terraform apply -replace=module.gazette.terraform_data.cursor_key` makes another; cursors of before are refused then.
resource "terraform_data" "cursor_key" {
  input = sensitive(sha256("${uuid()}${uuid()}"))

  lifecycle {
    ignore_changes = [input]
  }
}
