"""What is legitimate: the days, weeks and months of people, fleets and jobs.

Every habit is a function of an account, the window and a random generator, and tells one story.
"""
