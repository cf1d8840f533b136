"""Companies of another kind: other names, sizes and hours, so that no method fits only one."""
