"""The app: what the pipeline found, for people."""
