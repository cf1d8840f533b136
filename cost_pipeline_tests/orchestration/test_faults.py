"""What ends a step, and what is tried again."""

import pytest
from dagster import DagsterExecutionInterruptedError, Failure

from cost_pipeline.orchestration.faults import stated


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, DagsterExecutionInterruptedError])
def test_an_interruption_ends_the_step_and_is_not_tried_again(
    interruption: type[BaseException],
) -> None:
    @stated
    def work() -> None:
        raise interruption

    with pytest.raises(Failure, match="Interrupt") as failed:
        work()
    assert not failed.value.allow_retries
