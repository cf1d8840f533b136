"""The protocol between agent and receiver, and what grpcio-tools generates from it."""
