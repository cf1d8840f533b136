"""Companies of the fourth kind: written from outside, by what goes wrong and what does not."""
