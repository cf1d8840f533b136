"""What things cost on AWS: list prices, packaged, and the rules that put them together."""
