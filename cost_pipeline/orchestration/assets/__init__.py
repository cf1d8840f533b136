"""One file for each group of assets."""
