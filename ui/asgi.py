"""The app as `streamlit run ui/asgi.py` serves it: Streamlit behind a login of our own."""

from pathlib import Path

from starlette.middleware import Middleware
from starlette.routing import Route
from streamlit.starlette import App

from ui import links, oidc, password
from ui.login import RequireLogin, health, log_in, log_out

ROUTES = [
    Route("/auth/login", oidc.show_or_forward, methods=["GET"]),
    Route("/auth/login", log_in, methods=["POST"]),
    Route("/auth/oidc", oidc.start, methods=["GET"]),
    Route("/auth/oidc/finish", oidc.finish, methods=["GET"]),
    Route("/auth/logout", log_out, methods=["GET", "POST"]),
    Route("/auth/password", password.ask, methods=["GET"]),
    Route("/auth/password", password.change, methods=["POST"]),
    Route("/auth/health", health, methods=["GET"]),
    Route("/decide/{token}", links.ask, methods=["GET"]),
    Route("/decide/{token}", links.decide, methods=["POST"]),
]

app = App(
    Path(__file__).with_name("app.py"),
    routes=ROUTES,
    middleware=[Middleware(RequireLogin)],
)
