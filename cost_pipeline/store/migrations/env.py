"""Alembic's entry point: runs the migrations on the connection that `store.database` hands over."""

from alembic import context

if hasattr(context, "config"):  # outside a migration, as in a search for doctests, there is none
    context.configure(connection=context.config.attributes["connection"])
    with context.begin_transaction():
        context.run_migrations()
