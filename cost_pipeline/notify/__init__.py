"""What leaves the house: messages, the channels that carry them, the outbox, the digest."""
