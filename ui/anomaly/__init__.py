"""One anomaly in full: its story, what people decided, and what it rests on."""
