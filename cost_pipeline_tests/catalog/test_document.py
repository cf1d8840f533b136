from cost_pipeline.catalog.document import PAGE, document
from cost_pipeline.catalog.loader import load_catalog


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(), (
        "run: python -m cost_pipeline.catalog.document"
    )


def test_every_call_is_on_the_page() -> None:
    page = document()
    catalog = load_catalog()
    names = {name for _, name in catalog.calls} | {name for _, name in catalog.ignored}
    assert not [name for name in names if f"`{name}`" not in page]
