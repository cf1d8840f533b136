variable "bucket" {
  description = "Name of the bucket that CloudTrail delivers to."
  type        = string
}

variable "prefix" {
  description = "The trail's prefix in it; empty where AWSLogs/ is at the top."
  type        = string
  default     = ""
}

variable "trusted_principals" {
  description = "Who may take the role: the ARNs of the roles or users that dd0c/cost runs under."
  type        = list(string)
}

variable "external_id" {
  description = "What dd0c/cost says when it takes the role; make one with: openssl rand -hex 16"
  type        = string
  sensitive   = true

  validation {
    condition     = length(var.external_id) >= 16
    error_message = "An external id has at least 16 characters."
  }
}

variable "kms_key_arn" {
  description = "The key that the trail's files are encrypted with, if it is your own."
  type        = string
  default     = null
}

variable "create_queue" {
  description = "Whether S3 tells of new files by a queue. It replaces the bucket's notifications: leave it off where there are others, and add the queue to them by hand."
  type        = bool
  default     = false
}

variable "role_name" {
  description = "Name of the role, and of what belongs to it."
  type        = string
  default     = "dd0c-cost"
}

variable "tags" {
  description = "Tags of everything that is made."
  type        = map(string)
  default     = {}
}
