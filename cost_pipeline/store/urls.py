"""Addresses of Postgres: libpq's, which may name several hosts, and SQLAlchemy's."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

_DRIVER = "postgresql+psycopg2"


def plain_url(url: str) -> str:
    """The URL as libpq reads it, without a driver's name.

    >>> plain_url("postgresql+psycopg://app@localhost/cost")
    'postgresql://app@localhost/cost'
    >>> plain_url("postgresql+psycopg2://app@/cost?host=one:5432&host=two:5433")
    'postgresql://app@one:5432,two:5433/cost'
    """
    scheme, _, rest = url.partition("://")
    plain = urlsplit(f"{scheme.partition('+')[0]}://{rest}")
    options = parse_qsl(plain.query)
    hosts = [value for name, value in options if name == "host"]
    if len(hosts) < 2:
        return plain.geturl()
    others = urlencode([option for option in options if option[0] != "host"])
    user = plain.netloc.rpartition("@")[0]
    return plain._replace(netloc=f"{user}@{','.join(hosts)}", query=others).geturl()


def driver_url(url: str) -> str:
    """The URL as SQLAlchemy reads it, which is how Dagster wants to be told of its storage.

    >>> driver_url("postgresql://app@localhost/dagster")
    'postgresql+psycopg2://app@localhost/dagster'
    >>> driver_url("postgresql://app@one:5432,two:5433/dagster")
    'postgresql+psycopg2://app@/dagster?host=one%3A5432&host=two%3A5433'
    """
    parts = urlsplit(plain_url(url))
    user, _, hosts = parts.netloc.rpartition("@")
    if "," not in hosts:
        return parts._replace(scheme=_DRIVER).geturl()
    options = [("host", host) for host in hosts.split(",")] + parse_qsl(parts.query)
    several = parts._replace(scheme=_DRIVER, netloc=f"{user}@", query=urlencode(options))
    return several.geturl()


def beside(url: str, database: str) -> str:
    """The URL of another database on the same server.

    >>> beside("postgresql://app@localhost/cost?sslmode=require", "dagster")
    'postgresql://app@localhost/dagster?sslmode=require'
    """
    return urlsplit(url)._replace(path=f"/{database}").geturl()
