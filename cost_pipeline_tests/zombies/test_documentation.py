from pathlib import Path

from cost_pipeline.zombies.documentation import markdown

PAGE = Path(__file__).parents[2] / "docs" / "zombies.md"


def test_the_page_is_what_the_checks_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == markdown(), (
        "run: python -c 'from cost_pipeline.zombies.documentation import markdown; "
        'print(markdown(), end="")\' > docs/zombies.md'
    )
