"""What holds what, as calls tell: the volumes and addresses of an instance, a group's targets.

Each row of `resource_links` follows from one cost event and belongs to its day, so that a day
may arrive late, early or twice. What a call left behind (`leftovers`) follows from the links.

- `holds`: a parent has a child that outlives it; `handle` is what a later call names to free it.
- `frees`: a handle is let go. `ends`: the parent is no more.
- `gains`, `loses`: a target in a group. `serves`: a load balancer sends to a group.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg

_CALLS = """('RunInstances', 'AttachVolume', 'DetachVolume', 'AssociateAddress',
  'DisassociateAddress', 'RegisterImage', 'CreateImage', 'CopyImage', 'CreateDBSnapshot',
  'DeleteDBInstance', 'DeleteDBCluster', 'TerminateInstances', 'DeregisterImage',
  'RegisterTargets', 'DeregisterTargets', 'RegisterInstancesWithLoadBalancer',
  'DeregisterInstancesFromLoadBalancer', 'CreateListener', 'ModifyListener', 'CreateRule')"""

_SAME_KIND = """regexp_replace(id, ':(db|cluster):.*$', CASE WHEN id ~ ':cluster:'
  THEN ':cluster-snapshot:' ELSE ':snapshot:' END || (kept->>'final_snapshot'))"""

_FROM_DAY = f"""
WITH calls AS (
  SELECT e.id AS event, e.event_time, e.partition_day, e.account_id, e.region, e.event_name,
    e.actor, e.actor_kind, r.id, coalesce(e.data->'kept', '{{}}') AS kept, e.rate_after,
    e.data->'attributes' AS attributes
  FROM cost_events e, unnest(e.resource_ids) AS r(id)
  WHERE e.tenant_id = %(tenant_id)s AND e.partition_day = %(day)s AND e.event_name IN {_CALLS}
), links AS (
  SELECT event, 'holds' AS kind, id AS parent_id, id || ':' || (stays->>'device') AS child_id,
    'ebs_volume' AS child_type, NULL AS handle, stays AS facts
  FROM calls, jsonb_array_elements(kept->'stays') AS stays
  WHERE event_name = 'RunInstances' AND stays->>'device' IS NOT NULL
  UNION ALL
  SELECT event, 'holds', pair->>0, interface, 'network_interface', NULL, '{{}}'
  FROM calls, jsonb_array_elements(kept->'interfaces') AS pair,
    jsonb_array_elements_text(pair->1) AS interface
  WHERE event_name = 'RunInstances' AND id = pair->>0
  UNION ALL
  SELECT event, 'holds', kept->>'instance', id, 'ebs_volume', id, kept
  FROM calls WHERE event_name = 'AttachVolume' AND kept ? 'instance'
    AND kept->>'ends_with_it' IS DISTINCT FROM 'true'
  UNION ALL
  SELECT event, 'holds', coalesce(kept->>'instance', kept->>'interface'), id, 'elastic_ip',
    coalesce(kept->>'association', id), '{{}}'
  FROM calls WHERE event_name = 'AssociateAddress' AND kept ?| ARRAY['instance', 'interface']
  UNION ALL
  SELECT event, 'holds', id, snapshot->>'id', 'ebs_snapshot', NULL, snapshot
  FROM calls, jsonb_array_elements(kept->'snapshots') AS snapshot
  WHERE event_name = 'RegisterImage'
  UNION ALL
  SELECT event, 'holds', id, id || ':snapshots', 'ebs_snapshot', NULL,
    jsonb_build_object('hourly', rate_after, 'size_gb', attributes->'size_gb')
  FROM calls WHERE event_name IN ('CreateImage', 'CopyImage')
  UNION ALL
  SELECT event, 'holds', regexp_replace(id, ':snapshot:.*$', ':db:' || (kept->>'database')), id,
    'rds_snapshot', NULL, '{{}}'
  FROM calls WHERE event_name = 'CreateDBSnapshot' AND kept ? 'database'
  UNION ALL
  SELECT event, 'holds', id, {_SAME_KIND}, 'rds_snapshot', NULL,
    kept || jsonb_build_object('last', true)
  FROM calls WHERE event_name LIKE 'DeleteDB%%' AND kept ? 'final_snapshot'
  UNION ALL
  SELECT event, 'frees', '', id, NULL, id, '{{}}'
  FROM calls WHERE event_name IN ('DetachVolume', 'DisassociateAddress')
  UNION ALL
  SELECT event, 'ends', id, '', NULL, NULL, '{{}}'
  FROM calls WHERE event_name IN ('TerminateInstances', 'DeleteDBInstance', 'DeleteDBCluster')
    OR event_name = 'DeregisterImage' AND kept->>'snapshots_too' IS DISTINCT FROM 'true'
  UNION ALL
  SELECT event, CASE WHEN event_name LIKE 'Register%%' THEN 'gains' ELSE 'loses' END, id, target,
    NULL, NULL, '{{}}'
  FROM calls, jsonb_array_elements_text(kept->'targets') AS target
  WHERE event_name LIKE '%%Targets' OR event_name LIKE '%%LoadBalancer'
  UNION ALL
  SELECT event, 'serves', id, served, NULL, NULL, '{{}}'
  FROM calls, jsonb_array_elements_text(kept->'groups') AS served
  WHERE event_name LIKE '%%Listener' OR event_name = 'CreateRule'
)
INSERT INTO resource_links (tenant_id, event, kind, parent_id, child_id, child_type, handle,
  facts, event_time, partition_day, account_id, region, event_name, actor, actor_kind)
SELECT DISTINCT ON (l.event, l.kind, l.parent_id, l.child_id) %(tenant_id)s, l.event, l.kind,
  l.parent_id, l.child_id, l.child_type, l.handle, l.facts, c.event_time, c.partition_day,
  c.account_id, c.region, c.event_name, c.actor, c.actor_kind
FROM links l JOIN calls c USING (event)
ORDER BY l.event, l.kind, l.parent_id, l.child_id
ON CONFLICT (tenant_id, event, kind, parent_id, child_id) DO UPDATE SET
  partition_day = least(resource_links.partition_day, excluded.partition_day)
"""

_NAMED_TODAY = """
INSERT INTO linked
SELECT DISTINCT name FROM resource_links l, unnest(ARRAY[parent_id, child_id, handle]) AS name
WHERE l.tenant_id = %(tenant_id)s AND l.partition_day = %(day)s AND name <> ''
ON CONFLICT DO NOTHING
"""

_STOPPED_TODAY = """
INSERT INTO linked
SELECT DISTINCT resource_id FROM resource_spans
WHERE tenant_id = %(tenant_id)s AND partition_day = %(day)s
ON CONFLICT DO NOTHING
"""

_THEIR_PARENTS = """
INSERT INTO linked
SELECT DISTINCT l.parent_id FROM linked k JOIN resource_links l
  ON l.tenant_id = %(tenant_id)s AND (l.child_id = k.name OR l.handle = k.name)
WHERE l.parent_id <> ''
ON CONFLICT DO NOTHING
"""

_FORGET_DAY = """
DELETE FROM resource_links WHERE tenant_id = %(tenant_id)s AND partition_day = %(day)s
"""


def rebuild(conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> None:
    """Replaces the day's links, and leaves in the table `linked` every name that they may touch.

    Runs in the caller's transaction, under the tenant's folding lock.
    """
    scope = {"tenant_id": tenant_id, "day": day}
    conn.execute("DROP TABLE IF EXISTS linked")
    conn.execute("CREATE TEMPORARY TABLE linked (name text PRIMARY KEY) ON COMMIT DROP")
    for statement in (_NAMED_TODAY, _FORGET_DAY, _FROM_DAY, _NAMED_TODAY, _STOPPED_TODAY):
        conn.execute(statement, scope)
    conn.execute("ANALYZE linked")
    for _ in range(2):  # an address is held by an interface, and that by an instance
        conn.execute(_THEIR_PARENTS, scope)
    conn.execute("ANALYZE linked")
