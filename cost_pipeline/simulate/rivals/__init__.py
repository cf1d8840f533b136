"""Detectors to compare with: the usual designs, at their usual settings."""
