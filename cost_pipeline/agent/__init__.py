"""The forwarder in the customer's network, and the receiver that it forwards to."""
