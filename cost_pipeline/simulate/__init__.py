"""A made-up organisation's CloudTrail: for the demo, for tests, and to measure detection on."""
