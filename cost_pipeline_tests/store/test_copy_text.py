"""What is written for COPY is what Postgres then holds."""

from typing import Any

import pytest

from cost_pipeline.store.copy_text import copy_text
from cost_pipeline.store.database import Database

ODD = 'a"b\\c\td\ne\rf,{}\N{GRINNING FACE}'


@pytest.mark.parametrize(
    ("row", "kept"),
    [
        ((ODD, [ODD, "", "NULL"], {"k": ODD}), (ODD, [ODD, "", "NULL"], {"k": ODD})),
        ((None, [], {}), (None, [], {})),
        (("", ['x","y'], {"k": [1, None]}), ("", ['x","y'], {"k": [1, None]})),
        (("a\0b", ["\0"], {"k": "\0\0"}), ("a\ufffdb", ["\ufffd"], {"k": "\ufffd\ufffd"})),
        (
            ("\\0", ["\\u0000"], {"k": "\\u0000\\\\\0"}),
            ("\\0", ["\\u0000"], {"k": "\\u0000\\\\\ufffd"}),
        ),
    ],
)
def test_what_is_written_is_what_is_kept(
    database: Database, row: tuple[Any, ...], kept: tuple[Any, ...]
) -> None:
    with database.admin() as conn:
        conn.execute("CREATE TEMPORARY TABLE written (a text, b text[], c jsonb)")
        with conn.cursor() as cursor, cursor.copy("COPY written FROM STDIN") as copy:
            copy.write(copy_text([row]))
        (found,) = conn.execute("SELECT a, b, c FROM written").fetchall()
        conn.execute("DROP TABLE written")
    assert tuple(found.values()) == kept
