"""What calls look like in CloudTrail, by kind of resource: starts, changes and ends."""
