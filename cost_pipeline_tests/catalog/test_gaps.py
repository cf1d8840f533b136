from cost_pipeline.catalog.coverage import coverage
from cost_pipeline.catalog.gaps import count_calls, standing
from cost_pipeline.catalog.loader import load_catalog

CATALOG = load_catalog()
EC2 = "ec2.amazonaws.com"


def test_what_the_catalog_does_not_name_changes_something_unless_it_only_reads() -> None:
    assert standing(CATALOG, EC2, "RunInstances", False) == "known"
    assert standing(CATALOG, EC2, "RebootInstances", False) == "ignored"
    assert standing(CATALOG, EC2, "MakeMagic", False) == "unknown_mutating"
    assert standing(CATALOG, EC2, "MakeMagic", "true") == "read_only"
    assert standing(CATALOG, EC2, "DescribeMagic", None) == "read_only"
    assert standing(CATALOG, EC2, "Describer", None) == "unknown_mutating"


def test_a_service_that_costs_nothing_is_left_out_as_a_whole() -> None:
    assert standing(CATALOG, "iam.amazonaws.com", "CreateRole", False) == "ignored"
    assert standing(CATALOG, "iam.amazonaws.com", "CreateAccessKey", False) == "known"


def test_calls_are_counted_without_their_version_and_gaps_come_first() -> None:
    plain = {"eventSource": "lambda.amazonaws.com", "readOnly": False}
    records = [
        plain | {"eventName": "PutProvisionedConcurrencyConfig20191010"},
        plain | {"eventName": "MakeMagic20150331v2", "errorCode": "AccessDenied"},
        plain | {"eventName": "MakeMagic"},
        {"eventName": 7},
    ]
    first, second = count_calls(records, CATALOG)
    assert (first.name, first.standing) == ("MakeMagic", "unknown_mutating")
    assert (first.calls, first.refused) == (2, 1)
    assert (second.standing, second.calls) == ("known", 1)


def test_every_call_is_in_one_group() -> None:
    figures = coverage(CATALOG)
    assert figures["in the catalog"] == len(CATALOG.calls)
    assert sum(list(figures.values())[1:10]) == len(CATALOG.calls)
