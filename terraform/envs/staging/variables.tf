variable "image_digest" {
  description = "Digest of the release that this environment runs. The verbs pass the one in its ledger; the default stands for \"nothing released yet\": services then start when the first release arrives."
  type        = string
  default     = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
  nullable    = false
}
