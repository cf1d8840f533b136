"""All Dagster: what is materialised, when, and with what. The work itself is elsewhere."""

import warnings

# Dagster calls `backfill_policy` a beta on every asset that has one, in every process.
warnings.filterwarnings("ignore", message="Parameter `backfill_policy`")
