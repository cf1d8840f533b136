# One image for every process; the command says which. Built in two stages, so that neither pip's
# cache nor a compiler comes along. deploy/requirements.lock is what runs: without the tools of
# development, with Celery and Kubernetes.
ARG PYTHON_IMAGE=python:3.12-slim

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /srv/dd0c-cost
COPY deploy/requirements.lock ./
RUN pip install --quiet --require-hashes --no-deps -r requirements.lock
COPY pyproject.toml README.md ./
COPY cost_pipeline ./cost_pipeline
COPY ui ./ui
RUN pip install --quiet --no-deps --editable . && python -m compileall -q cost_pipeline ui

FROM ${PYTHON_IMAGE}
ENV PATH=/opt/commands:/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    COST_PIPELINE_IMAGE=1 COST_PIPELINE_HOME=/home/cost/data DAGSTER_HOME=/home/cost/dagster
RUN useradd --create-home --uid 10001 cost \
 && mkdir -p /home/cost/data /home/cost/dagster \
 && chown -R cost:cost /home/cost
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/dd0c-cost /srv/dd0c-cost
WORKDIR /srv/dd0c-cost
COPY .streamlit ./.streamlit
COPY dagster.yaml ./dagster.yaml
COPY deploy/workspace.yaml ./workspace.yaml
COPY deploy/entrypoint.sh /usr/local/bin/entrypoint
COPY deploy/healthy.py /usr/local/bin/healthy
RUN mkdir /opt/commands \
 && for command in cost-pipeline dagster dagster-daemon dagster-webserver dagster-celery streamlit; do \
      ln -s /usr/local/bin/entrypoint "/opt/commands/$command"; \
    done
USER cost
ENTRYPOINT ["entrypoint"]
CMD ["cost-pipeline", "--help"]
