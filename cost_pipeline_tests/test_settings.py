"""What the environment says, and what it does not."""

from pathlib import Path

import pytest

from cost_pipeline.settings import Settings, SettingsError, default_home


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


@pytest.mark.parametrize("url", ["mysql://app:hidden@db/cost", "db.example.com:5432/hidden"])
def test_what_is_no_postgres_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(SettingsError, match="DATABASE_URL: this is no Postgres's address") as told:
        Settings()
    assert "hidden" not in str(told.value)


def test_a_wrong_variable_is_named_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SESSION_HOURS", "x")
    with pytest.raises(
        SettingsError, match=r"^SESSION_HOURS: input should be a valid integer.*\.$"
    ):
        Settings()
