"""Which calls change an AWS bill, as data: one file a service, every entry with an example."""
