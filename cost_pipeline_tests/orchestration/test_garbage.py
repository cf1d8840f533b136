import gc

from cost_pipeline.orchestration import garbage


def test_the_collector_is_as_usual_afterwards_also_where_two_loads_overlap() -> None:
    usual = gc.get_threshold()
    first, second = garbage.spared(), garbage.spared()
    with first:
        assert gc.get_threshold()[0] > usual[0]
        second.__enter__()
    second.__exit__(None, None, None)
    assert gc.get_threshold() == usual
    assert gc.get_freeze_count() == 0
