"""The application: routes, errors, limits, and what OpenAPI says of all of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from cost_pipeline.access.provider import LocalProvider
from cost_pipeline.access.sessions import Sessions
from cost_pipeline.api import problems
from cost_pipeline.api.limits import EntityTags, Limits
from cost_pipeline.api.problems import ProblemDocument
from cost_pipeline.api.routes import (
    anomalies,
    channels,
    governance,
    lists,
    login,
    metrics,
    operations,
    push,
    records,
)
from cost_pipeline.api.security import Refusals
from cost_pipeline.intake.archiving import Archiving
from cost_pipeline.settings import Settings
from cost_pipeline.store.database import Database

VERSION = "1"
ROUTERS: Sequence[APIRouter] = (
    operations.router,
    metrics.router,
    login.router,
    anomalies.router,
    lists.router,
    governance.router,
    channels.router,
    push.router,
    records.router,
)
"""Everything that is mounted; a further subject is one more router here."""


def create_app(database: Database, settings: Settings) -> FastAPI:
    """The API over a database.

    Args:
        database: migrated, or `/readyz` says that it is not; whoever opened it closes it.
        settings: the key that signs sessions, how long they last, and the home tenant.
    """
    app = FastAPI(
        title="dd0c/cost",
        version=VERSION,
        description=(
            "Who started what, how much it costs, and what to do about it.\n\n"
            "Send `Authorization: Bearer` with an API token (`cost-pipeline token add`) or with "
            "the token of `POST /v1/login`. Errors are problem documents (RFC 9457). Lists come "
            "in pages: pass `next` of the answer as `cursor`."
        ),
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
    )
    app.state.database = database
    app.state.settings = settings
    app.state.sessions = Sessions.of(database, settings)
    app.state.provider = LocalProvider(database, settings.tenant_id)
    app.state.refusals = Refusals(database, settings.tenant_id)
    app.state.archiving = Archiving(database, settings)
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(EntityTags)
    app.add_middleware(Limits)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The description, with the problem document that every route refers to."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            openapi_version="3.1.0",
            description=app.description,
            routes=app.routes,
        )
        document = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas = schema.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(document.pop("$defs", {}))
        schemas["ProblemDocument"] = document
        app.openapi_schema = schema
    return app.openapi_schema
