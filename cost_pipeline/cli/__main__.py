"""`python -m cost_pipeline.cli`: the command, where the script is not on the path."""

from cost_pipeline.cli import app

app(prog_name="cost-pipeline")
