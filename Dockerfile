# One image for every process; the command says which.
FROM python:3.12-slim

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1 \
    COST_PIPELINE_HOME=/home/cost/data DAGSTER_HOME=/home/cost/dagster

WORKDIR /srv/dd0c-cost
COPY requirements.lock ./
RUN pip install --no-cache-dir --quiet --require-hashes --no-deps -r requirements.lock
COPY pyproject.toml README.md dagster.yaml ./
COPY cost_pipeline ./cost_pipeline
COPY ui ./ui
COPY .streamlit ./.streamlit
COPY deploy/workspace.yaml ./workspace.yaml
RUN pip install --no-cache-dir --quiet --no-deps --editable . \
 && useradd --create-home --uid 10001 cost \
 && mkdir -p /home/cost/data /home/cost/dagster \
 && cp dagster.yaml /home/cost/dagster/ \
 && chown -R cost:cost /home/cost
USER cost
CMD ["cost-pipeline", "--help"]
