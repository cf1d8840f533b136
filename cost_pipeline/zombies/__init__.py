"""What is idle: one pure check a module, over what AWS's APIs and metrics said."""
