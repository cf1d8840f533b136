"""dd0c/cost: from CloudTrail to priced cost events, anomalies and zombies."""
