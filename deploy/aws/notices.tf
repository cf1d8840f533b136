# S3 tells of each new file by a queue, so that nothing has to be listed. Optional.

resource "aws_sqs_queue" "notices" {
  count                      = var.create_queue ? 1 : 0
  name                       = "${var.role_name}-new-logs"
  message_retention_seconds  = 1209600
  visibility_timeout_seconds = 300
  sqs_managed_sse_enabled    = true
  tags                       = var.tags
}

data "aws_iam_policy_document" "notices" {
  count = var.create_queue ? 1 : 0
  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.notices[0].arn]
    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = ["arn:aws:s3:::${var.bucket}"]
    }
  }
}

resource "aws_sqs_queue_policy" "notices" {
  count     = var.create_queue ? 1 : 0
  queue_url = aws_sqs_queue.notices[0].id
  policy    = data.aws_iam_policy_document.notices[0].json
}

resource "aws_s3_bucket_notification" "notices" {
  count  = var.create_queue ? 1 : 0
  bucket = var.bucket
  queue {
    queue_arn     = aws_sqs_queue.notices[0].arn
    events        = ["s3:ObjectCreated:*"]
    filter_prefix = "${local.prefix}AWSLogs/"
    filter_suffix = ".json.gz"
  }
  depends_on = [aws_sqs_queue_policy.notices]
}

resource "aws_iam_role_policy" "notices" {
  count = var.create_queue ? 1 : 0
  name  = "take-notices"
  role  = aws_iam_role.reader.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "TakeNotices"
      Effect   = "Allow"
      Action   = ["sqs:DeleteMessage", "sqs:ReceiveMessage"]
      Resource = aws_sqs_queue.notices[0].arn
    }]
  })
}
