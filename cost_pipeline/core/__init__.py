"""What the product knows, free of any framework, clock or environment."""
