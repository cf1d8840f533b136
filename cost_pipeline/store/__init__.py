"""All SQL: the schema, its migrations, loading by COPY, and one module of queries per subject."""
