output "role_arn" {
  description = "For: cost-pipeline onboard --role-arn … --external-id …"
  value       = aws_iam_role.reader.arn
}

output "queue_url" {
  description = "For: cost-pipeline trail add s3://bucket --queue …"
  value       = var.create_queue ? aws_sqs_queue.notices[0].url : null
}

# CloudTrail's own statements are in the bucket's policy too, so it is not replaced from here.
output "bucket_policy_statements" {
  description = "What to add to the policy of a bucket in another account than the role's."
  value = jsonencode([
    {
      Sid       = "Dd0cCostLists"
      Effect    = "Allow"
      Principal = { AWS = aws_iam_role.reader.arn }
      Action    = "s3:ListBucket"
      Resource  = "arn:aws:s3:::${var.bucket}"
    },
    {
      Sid       = "Dd0cCostReads"
      Effect    = "Allow"
      Principal = { AWS = aws_iam_role.reader.arn }
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:::${var.bucket}/${local.prefix}AWSLogs/*"
    },
  ])
}
