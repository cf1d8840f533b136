"""CloudWatch series by the day or the hour, read 500 at a time (GetMetricData's own limit)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime, time, timedelta
from typing import Any

from cost_pipeline.aws.api_calls import METRICS, MetricQuery

SERIES_PER_CALL = 500
DAY_SECONDS = 86_400
HOUR_SECONDS = 3_600

Points = list[list[Any]]
"""`[[ISO time, value], …]`, in order of time."""


def fetch_series(
    client: Any,
    queries: Sequence[MetricQuery],
    now: datetime,
    pool: Executor,
    count: Callable[[str, int], None],
) -> dict[str, Points]:
    """The points of every series; one without data is there, and empty.

    A series that CloudWatch failed to read is absent, so that nobody takes it for unused.

    Series of the same look-back share calls, so that no more is read than was asked for.
    """
    by_days: dict[int, list[MetricQuery]] = defaultdict(list)
    for query in queries:
        by_days[query.days].append(query)
    batches = [
        (days, batch)
        for days, group in sorted(by_days.items())
        for batch in _in_batches(group, SERIES_PER_CALL)
    ]
    series: dict[str, Points] = {}
    for found in pool.map(lambda b: _batch(client, b[1], b[0], now, count), batches):
        series.update(found)
    return series


def _batch(
    client: Any,
    queries: Sequence[MetricQuery],
    days: int,
    now: datetime,
    count: Callable[[str, int], None],
) -> dict[str, Points]:
    start = datetime.combine(now.astimezone(UTC).date() - timedelta(days=days), time(), UTC)
    request: dict[str, Any] = {
        "StartTime": start,
        "EndTime": now,
        "ScanBy": "TimestampAscending",
        "MetricDataQueries": [_query(f"m{n}", query) for n, query in enumerate(queries)],
    }
    series: dict[str, Points] = {query.key: [] for query in queries}
    count(METRICS, len(queries))
    for result in _results(client, request):
        key = queries[int(result["Id"][1:])].key
        if result.get("StatusCode") in ("InternalError", "Forbidden"):
            series.pop(key, None)
        points = series.get(key, [])
        for moment, value in zip(result["Timestamps"], result["Values"], strict=True):
            points.append([moment.astimezone(UTC).isoformat(), value])
    for points in series.values():
        points.sort(key=lambda point: str(point[0]))
    return series


def _results(client: Any, request: dict[str, Any]) -> Iterator[Mapping[str, Any]]:
    while True:
        page = client.get_metric_data(**request)
        yield from page["MetricDataResults"]
        if not page.get("NextToken"):
            return
        request = {**request, "NextToken": page["NextToken"]}


def _query(name: str, query: MetricQuery) -> dict[str, Any]:
    dimensions = [{"Name": key, "Value": value} for key, value in query.dimensions]
    period = HOUR_SECONDS if query.hourly else DAY_SECONDS
    metric = {"Namespace": query.namespace, "MetricName": query.name, "Dimensions": dimensions}
    return {
        "Id": name,
        "MetricStat": {"Metric": metric, "Period": period, "Stat": query.stat},
        "ReturnData": True,
    }


def _in_batches(group: Sequence[MetricQuery], size: int) -> Iterator[Sequence[MetricQuery]]:
    for start in range(0, len(group), size):
        yield group[start : start + size]
