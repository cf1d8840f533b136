"""The checks: thresholds, source and waste formula first, the logic after them."""
