"""Companies of a third kind, written from a list of incidents and habits and nothing else."""
