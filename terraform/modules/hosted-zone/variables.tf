variable "domain_name" {
  description = "Domain that the zone answers for."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.domain_name) <= 253 && can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$", var.domain_name))
    error_message = "domain_name must be a lower-case hostname of at most 253 characters without a dot at the end, such as example.com."
  }
}
