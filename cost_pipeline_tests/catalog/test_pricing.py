from cost_pipeline.catalog.loader import load_catalog
from cost_pipeline.core.scoring import judge_tampering
from cost_pipeline.prices.snapshot import load_snapshot
from cost_pipeline_tests.fixtures.detection import event


def test_what_is_priced_by_the_book_has_a_rule_of_its_service() -> None:
    rules = load_snapshot().rules
    for call in load_catalog().entries:
        if call.pricing == "book":
            service, resource_type = call.price_kind
            assert rules[resource_type].service == service, call.name


def test_what_is_priced_by_the_book_has_an_example_with_a_price() -> None:
    for call in load_catalog().entries:
        if call.pricing == "book":
            yields = [e.yields for e in call.entry.examples if isinstance(e.yields, list)]
            assert any(event.basis != "unpriced" for events in yields for event in events), (
                call.source,
                call.name,
            )


def test_every_rule_is_for_a_resource_of_the_catalog() -> None:
    catalog = load_catalog()
    every = [call for entry in catalog.entries for call in (entry, *entry.beside)]
    at_worst = {call.entry.worst.resource_type for call in every if call.entry.worst}
    assert load_snapshot().rules.keys() - catalog.resources.keys() - at_worst == set()


def test_every_resource_type_is_used() -> None:
    catalog = load_catalog()
    assert catalog.resources.keys() - {call.resource_type for call in catalog.entries} == set()


def test_what_starts_can_be_stopped() -> None:
    """A resource that is billed by the hour and never stops would be counted for ever."""
    catalog, rules = load_catalog(), load_snapshot().rules
    once = {kind for kind, rule in rules.items() if rule.kind == "once"}
    stopped = {call.resource_type for call in catalog.entries if call.action == "stop"}
    hourly = {
        call.resource_type: call.name
        for call in catalog.entries
        if call.action == "start" and call.pricing in ("book", "defined") and not call.entry.hours
    }
    assert {name for kind, name in hourly.items() if kind not in stopped | once} == set()


def test_what_is_priced_by_its_definition_names_it() -> None:
    catalog = load_catalog()
    defined = [call for call in catalog.entries if call.pricing == "defined"]
    assert defined
    assert all(call.entry.defined_by for call in defined)
    assert all(call.pricing in ("book", "defined") for call in catalog.entries if call.defines)


def test_a_signal_is_no_anomaly_by_itself_unless_it_blinds_the_trail() -> None:
    signals = [call for call in load_catalog().entries if call.action == "signal"]
    told = {
        call.name
        for call in signals
        if judge_tampering(event("e", 9, 0.0, action="signal", event_name=call.name))
    }
    trails = {"StopLogging", "DeleteTrail", "PutEventSelectors"}
    assert told == trails | {"DeleteEventDataStore", "StopEventDataStoreIngestion"}
    assert all(call.because for call in signals)
