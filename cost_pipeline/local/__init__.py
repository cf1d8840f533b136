"""What runs on this machine: the embedded Postgres and the processes around it."""
