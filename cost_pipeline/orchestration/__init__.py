"""All Dagster: what is materialised, when, and with what. The work itself is elsewhere."""
