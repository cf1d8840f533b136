"""The HTTP API: what the pipeline found and what people decide, for programs."""
