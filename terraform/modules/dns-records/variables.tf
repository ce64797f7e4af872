variable "aliases" {
  description = "What each hostname points at: the DNS name of a load balancer or distribution and the hosted zone of that name."
  type        = map(object({ target = string, zone_id = string }))
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.aliases) : length(name) <= 253 && can(regex("^(\\*\\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$", name))])
    error_message = "aliases must have lower-case hostnames of at most 253 characters as keys, such as api.example.com."
  }
}

variable "zone_id" {
  description = "Hosted zone that the records are written to."
  type        = string
  nullable    = false
}
