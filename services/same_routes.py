"""A web service of its own with routes that were made before.

Routes, their forms and their pages are the same for every office. To make them takes a fifth of a second, and the first
request as long again: a process that serves many offices, as tests do, makes them once.
"""

from __future__ import annotations

from fastapi import FastAPI
from starlette.datastructures import State

from services.access.answer_headers import bear_headers


def with_routes_of(made: FastAPI, **own: object) -> FastAPI:
    """Return a service with the routes of ``made``, whose answers bear the headers of all, and with a state of its own:
    that of ``made`` and what is its ``own``.
    What is added to it later, ``made`` does not get."""
    service = FastAPI(
        title=made.title,
        version=made.version,
        openapi_url=None,  # the route of the document is among the others
        docs_url=None,
        redoc_url=None,
        dependencies=list(made.router.dependencies),  # what is added later stands behind the same door
        exception_handlers=dict(made.exception_handlers),
        middleware=list(made.user_middleware),
    )
    service.router.routes.extend(made.router.routes)
    service.openapi = made.openapi  # type: ignore[method-assign]
    bear_headers(service)
    service.state = State({**made.state._state, **own})
    return service
