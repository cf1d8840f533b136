"""Serves the API: `python -m cost_pipeline.api --port 8700`."""

from __future__ import annotations

import argparse

from cost_pipeline.api.serving import serve

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8700)
    given = parser.parse_args()
    serve(given.host, given.port)
