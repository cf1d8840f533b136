"""Threads that read a type for the first time together do not take the process down."""

import subprocess
import sys
from textwrap import dedent

TOGETHER = dedent("""
    import sys, threading, types
    import msgspec

    sys.setswitchinterval(1e-6)
    KINDS = '''
    from __future__ import annotations
    import msgspec
    from cost_pipeline.core.ready import ready
    class Inner(msgspec.Struct):
        sizes: dict[str, list[int]] = {}
        name: str | None = None
    @ready
    class Outer(msgspec.Struct):
        first: list[Inner]
        second: dict[str, Inner] = {}
    '''

    def read(kind, together):
        together.wait()
        msgspec.convert({"first": [{"sizes": {"a": [1]}}], "second": {"b": {}}}, kind)

    for number in range(60):
        module = types.ModuleType(f"kinds_{number}")
        sys.modules[module.__name__] = module
        exec(KINDS, module.__dict__)
        together = threading.Barrier(4)
        threads = [threading.Thread(target=read, args=(module.Outer, together)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
""")


def test_threads_may_be_the_first_to_read_a_type_together() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TOGETHER], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
