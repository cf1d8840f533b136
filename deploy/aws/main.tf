# A role that reads, and nothing else: the trail's files, and what there is, for the sweep.
#
#   module "dd0c_cost" {
#     source             = "./deploy/aws"
#     bucket             = "my-trail-bucket"
#     trusted_principals = ["arn:aws:iam::111122223333:role/dd0c-cost-runner"]
#     external_id        = "…"
#   }

locals {
  inner  = trim(var.prefix, "/")
  prefix = local.inner == "" ? "" : "${local.inner}/"
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = var.trusted_principals
    }
    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [var.external_id]
    }
  }
}

resource "aws_iam_role" "reader" {
  name                 = var.role_name
  description          = "dd0c/cost reads CloudTrail and looks for idle resources."
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = 3600
  tags                 = var.tags
}

# policy.json.tftpl is what `cost-pipeline iam-policy --terraform` prints.
resource "aws_iam_policy" "read" {
  name   = "${var.role_name}-read"
  policy = templatefile("${path.module}/policy.json.tftpl", { bucket = var.bucket, prefix = local.prefix })
  tags   = var.tags
}

resource "aws_iam_role_policy_attachment" "read" {
  role       = aws_iam_role.reader.name
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_iam_role_policy" "decrypt" {
  count = var.kms_key_arn == null ? 0 : 1
  name  = "decrypt-the-trail"
  role  = aws_iam_role.reader.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "DecryptTheTrail"
      Effect   = "Allow"
      Action   = ["kms:Decrypt"]
      Resource = var.kms_key_arn
    }]
  })
}
