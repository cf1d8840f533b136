"""What goes wrong: each mishap is a function of a scene, and tells one story with its truth."""
