"""What the environment says, and what it does not."""

from pathlib import Path

import pytest

from cost_pipeline.settings import Settings, default_home


def test_the_shell_s_home_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COST_PIPELINE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/somebody")
    assert Settings().home == default_home() != Path("/home/somebody")


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    assert Settings().database_url is None


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:hidden@localhost/cost")
    assert "hidden" not in repr(Settings())


def test_every_setting_is_explained() -> None:
    unexplained = [n for n, field in Settings.model_fields.items() if not field.description]
    assert unexplained == []


def test_recipients_are_apart() -> None:
    assert Settings(mail_to="a@x.org, b@x.org").recipients == ["a@x.org", "b@x.org"]
