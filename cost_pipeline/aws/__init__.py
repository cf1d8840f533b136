"""Everything that talks to AWS, and the folder that can stand in for a trail's bucket."""
