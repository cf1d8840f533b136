"""What resources cost by their definition: an endpoint configuration, a launch template's version.

A definition says a price for so many units; the last one before an event counts. One that says
the same as another (a template's default version, a version made from another) has it from there.
"""

FORGET = "DROP TABLE IF EXISTS said_by_definitions"

LOOK_UP = """
CREATE TEMPORARY TABLE said_by_definitions ON COMMIT DROP AS
WITH RECURSIVE up AS (
  SELECT s.resource_id AS of_resource, s.from_event AS of_event, s.defined_by AS definition,
    s.from_time, s.from_event, NULL::numeric AS rate, NULL::numeric AS units, 0 AS depth
  FROM resource_spans s JOIN touched_resources USING (resource_id)
  WHERE s.tenant_id = %(tenant_id)s AND s.defined_by IS NOT NULL
  UNION ALL
  SELECT u.of_resource, u.of_event, d.same_as, d.from_time, d.from_event, d.defines_rate, d.units,
    u.depth + 1
  FROM up u CROSS JOIN LATERAL (
    SELECT d.same_as, d.from_time, d.from_event, d.defines_rate, d.units FROM resource_spans d
    WHERE d.tenant_id = %(tenant_id)s AND d.resource_id = u.definition
      AND d.from_time <= u.from_time AND d.from_event <> u.from_event
      AND coalesce(d.defines_rate::text, d.same_as) IS NOT NULL
    ORDER BY d.from_time DESC, d.from_event LIMIT 1) d
  WHERE u.rate IS NULL AND u.depth < 20
)
SELECT of_resource AS resource_id, of_event AS from_event, units AS defined_units,
  rate / coalesce(nullif(units, 0), 1) AS defined_rate
FROM up WHERE rate IS NOT NULL
"""
"""Of each event of a touched resource that refers to a definition: the price of one, how many."""
