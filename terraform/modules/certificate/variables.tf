variable "alternative_names" {
  description = "Further hostnames that the certificate covers; a leading *. covers one level."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.alternative_names : length(name) <= 253 && can(regex("^(\\*\\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$", name))])
    error_message = "alternative_names must be lower-case hostnames of at most 253 characters, such as static.example.com or *.example.com."
  }

  validation {
    condition     = length(distinct(concat([var.domain_name], var.alternative_names))) == 1 + length(var.alternative_names) && length(var.alternative_names) <= 9
    error_message = "alternative_names must differ from one another and from domain_name, and be at most 9, for ACM's quota is 10 names a certificate."
  }
}

variable "domain_name" {
  description = "Hostname that the certificate is for."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.domain_name) <= 64 && can(regex("^(\\*\\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$", var.domain_name))
    error_message = "domain_name must be a lower-case hostname of at most 64 characters, ACM's limit for the first name."
  }
}

variable "zone_id" {
  description = "Public hosted zone that answers for all the names; the proof of ownership is written there."
  type        = string
  nullable    = false
}
