import jmespath
import pytest

from cost_pipeline.catalog.paths import PathError, compile_path

DOCUMENT = {
    "a": {"b": [{"c": 1, "n": "x"}, {"c": 0}, {}, {"c": [2, 3]}], "z": 0, "e": "", "f": False},
    "list": [[1, 2], [3]],
    "text": "plain",
}


@pytest.mark.parametrize(
    "expression",
    [
        "a",
        "a.b",
        "a.b.c",
        "text.b",
        "a.b[0].c",
        "a.b[-1].c",
        "a.b[9].c",
        "a.b[].c",
        "a.b[].c[]",
        "list[]",
        "a.b[?n!='x'].c",
        "a.b[?c>`0`].c | [0]",
        "a.b[?n=='x' && c==`1`].n",
        "a.b[?!n].c",
        "[text, a.z]",
        "{x: text, y: a.z}",
        "join('-', [text, 'x'])",
        "text && a.z",
        "a.z || a.b",
        "a.e || a.f || text",
        "a.b[?n=='x'].c",
        "missing.b || `1`",
        "length(a.b)",
        "missing[].c",
        "@",
    ],
)
def test_closures_agree_with_jmespath(expression: str) -> None:
    assert compile_path(expression)(DOCUMENT) == jmespath.search(expression, DOCUMENT)


@pytest.mark.parametrize(
    ("expression", "document", "expected"),
    [
        ("product(a, b)", {"a": "3", "b": 2}, 6),
        ("product(a, b)", {"a": 3}, None),
        ("plus(a, `1`)", {"a": "2.5"}, 3.5),
        ("plus(a, `1`)", {"a": True}, None),
        ("quotient(a, `3600`)", {"a": "7200"}, 2),
        ("quotient(a, `0`)", {"a": 1}, None),
        ("count(a)", {"a": [1, 2]}, 2),
        ("count(a)", {}, None),
        ("total(a[].n)", {"a": [{"n": 1}, {"n": "2"}, {"n": "x"}]}, 3),
        ("total(a)", {}, None),
        ("list(a)", {"a": {"n": 1}}, [{"n": 1}]),
        ("list(a)", {"a": ""}, []),
        ("texts(a)", {"a": {"tag": 1, "content": "x"}}, ["x"]),
        ("texts(a)", {"a": [{"tag": 1, "content": "x"}, "y", 3]}, ["x", "y"]),
        ("texts(a)", {"a": "x"}, ["x"]),
        ("decoded(a)", {"a": "arn%3Aaws"}, "arn:aws"),
        ("match(a, '^([^.]+)')", {"a": "m5.large"}, "m5"),
        ("match(a, '^([^.]+)')", {"a": 7}, None),
        ("tags(a)", {"a": {"items": [{"tags": [{"key": "k", "value": "v"}]}]}}, {"k": "v"}),
        ("tags(a)", {"a": {"tag": 1, "Tag": {"tag": 1, "Key": "k", "Value": "v"}}}, {"k": "v"}),
        ("tags(a)", {"a": {"k": "v"}}, {"k": "v"}),
        ('tags(a)."x:y"', {"a": [{"key": "x:y", "value": "v"}]}, "v"),
        ("named('asg', a)", {"a": "web"}, "asg/web"),
        ("named('asg', a)", {"a": None}, None),
        ("key_after(a, 'cluster/')", {"a": {"cluster/prod": "owned"}}, "prod"),
        ("key_after(a, 'cluster/')", {"a": {}}, None),
        ("length(texts(a))", {"a": ["x", "y"]}, 2),
    ],
)
def test_functions_beside_those_of_jmespath(
    expression: str, document: object, expected: object
) -> None:
    assert compile_path(expression)(document) == expected


@pytest.mark.parametrize(
    ("expression", "document", "expected"),
    [
        ("r.items[].id", {"r": {"items": [{"id": 1}]}}, [1]),
        ("r.items[].id", {"r": {"items": {"id": 1}}}, [1]),
        ("r.items[].id", {"r": [{"id": 1}]}, [1]),
        ("r.items[0].id", {"r": {"items": {"id": 1}}}, 1),
        ("r[?s!='on'].id", {"r": {"s": "off", "id": 1}}, [1]),
        ("r[]", {"r": {"item": {"tag": 1, "content": "x"}}}, ["x"]),
        ("r.id", {"r": {"id": {"tag": 1, "content": "x"}}}, "x"),
        ("r.MakeRequest.InstanceType", {"r": {"instanceType": "x"}}, "x"),
        ("r.instanceType", {"r": {"MakeRequest": {"InstanceType": "x"}}}, "x"),
        ("responseElements.kind", {"responseElements": {"dBInstance": {"kind": "x"}}}, "x"),
        ("responseElements.kind", {"responseElements": {"a": {"kind": "x"}, "b": {}}}, None),
        ("r.dBInstanceClass", {"r": {"DBInstanceClass": "x"}}, "x"),
        ("r.a", {"r": {"A": "other", "a": "exact"}}, "exact"),
        ("r.a", {"r": {"A": "other", "a": None}}, None),
        ("r[]", {"r": {}}, []),
        ("r[]", {"r": ""}, []),
        ("r[].id", {}, None),
    ],
)
def test_other_shapes_of_the_same_are_read(
    expression: str, document: object, expected: object
) -> None:
    assert compile_path(expression)(document) == expected


def test_a_wrong_expression_is_named() -> None:
    with pytest.raises(PathError, match=r"'a\.\.b' is not JMESPath"):
        compile_path("a..b")
    with pytest.raises(ValueError, match="length"):
        compile_path("length(a)")({"a": 7})
