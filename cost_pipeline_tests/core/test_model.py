"""The id of a cost event is a UUID of version 5, as any other program makes it."""

from uuid import uuid5

from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.core.model import _EVENT_NAMESPACE, cost_event_id


@given(st.text(), st.text(), st.text(), st.integers(-1, 9))
def test_an_id_is_what_uuid5_gives(tenant: str, account: str, event: str, ordinal: int) -> None:
    try:
        expected = uuid5(_EVENT_NAMESPACE, f"{tenant}\0{account}\0{event}\0{ordinal}")
    except UnicodeEncodeError:
        return
    assert cost_event_id(tenant, account, event, ordinal) == expected
