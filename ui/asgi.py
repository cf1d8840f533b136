"""The app as `streamlit run ui/asgi.py` serves it: Streamlit behind a login of our own."""

from pathlib import Path

from starlette.middleware import Middleware
from starlette.routing import Route
from streamlit.starlette import App

from ui.login import RequireLogin, health, log_in, log_out, show_login

app = App(
    Path(__file__).with_name("app.py"),
    routes=[
        Route("/auth/login", show_login, methods=["GET"]),
        Route("/auth/login", log_in, methods=["POST"]),
        Route("/auth/logout", log_out, methods=["GET", "POST"]),
        Route("/auth/health", health, methods=["GET"]),
    ],
    middleware=[Middleware(RequireLogin)],
)
