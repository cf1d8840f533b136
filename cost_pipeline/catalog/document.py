"""Writes `docs/catalog.md`: every call of the catalog, what it does and how it is priced.

Run `python -m cost_pipeline.catalog.document` after a change; a test compares.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cost_pipeline.catalog.coverage import coverage
from cost_pipeline.catalog.loader import Catalog, load_catalog
from cost_pipeline.catalog.model import Entry, ServiceFile
from cost_pipeline.prices.book import PriceBook

PAGE = Path(__file__).parents[2] / "docs" / "catalog.md"

_PRICED = {
    "book": "price book",
    "stated": "stated in the call",
    "usage": "billed by use",
    "unstated": "not in the call",
    "listed": "list of what was bought",
    "inherited": "last known rate",
    "defined": "by its definition",
    "ends": "ends",
    "free": "no cost of its own",
}

_INTRODUCTION = """\
# Which calls cost money

Written by `python -m cost_pipeline.catalog.document` from `cost_pipeline/catalog/*.yaml`:
{calls} calls of {services} services, and {ignored} that were considered and left out.
Prices are on demand and as of {as_of}.

- **price book**: looked up by class and size; a price worked out for a region or from a similar
  EC2 type is `estimated`, and what is not known is `unpriced`, never zero.
- **stated in the call**: the record says the price, as for commitments.
- **last known rate**: what the resource cost before it was stopped.
- **by its definition**: an earlier call (an endpoint configuration, a task definition, a launch
  template) says what runs; its rate is kept there, a template's for each of its versions: the
  first is the default until `ModifyLaunchTemplate`, and `$Latest` is the newest that was seen. An
  endpoint that grows by `UpdateEndpointWeightsAndCapacities` is taken to name all its variants.
- CloudTrail leaves out answers of more than 100 kB. A launch whose machines are not named is
  counted under the call; it shrinks with every machine of its account, region and kind that is
  terminated without having been seen to start, and is given up after 30 days.
- **list of what was bought**: the call names an offering; the next sweep reads what it came to.
- **billed by use**, **not in the call**: the event is recorded without a price. A purchase whose
  price nothing says is told as an anomaly.
- A call may say only what it adds (a shard, a zone, a group of machines): that comes to the last
  known rate, or is counted alone where none is known.
- **signal**: costs nothing by itself. It lifts a limit, or switches on what then bills by all that
  the account does, or comes before misuse: kept as watched, and no anomaly of its own unless it
  blinds the trail.
- A call that allows more than it costs now (`maxSize`, `maxWorkers`) carries that as its worst
  case, in USD an hour, beside the cost now: never in a sum, and no anomaly of its own. A
  definition costs nothing, and carries what one use of it costs an hour; so does what nothing
  bounds (a function that always runs, an attachment of a gateway): said as for each use. Where
  the call does not say of what kind (`UpdateNodegroupConfig`), what an earlier call about the
  same thing came to a unit counts. A commitment carries its term. Groups, fleets and clusters are
  kept without a cost, under the same name as the machines that they launch.
- **ends**: the rate falls to zero; what it saves is looked up from the resource.

{coverage}

A call marked ° was described from the API's documentation and not yet seen in a log.

To add a call, add an entry with an example to the service's file and run the command above.
The tests run every example.
"""


def document() -> str:
    """The whole page."""
    catalog = load_catalog()
    introduction = _INTRODUCTION.format(
        calls=len(catalog.calls),
        services=sum(bool(file.calls) for file in catalog.files),
        ignored=len(catalog.ignored),
        as_of=PriceBook.packaged().as_of,
        coverage=_figures(catalog),
    )
    lines = [introduction, "## Calls", ""]
    for file in sorted(catalog.files, key=lambda file: file.title.lower()):
        if file.calls:
            lines.extend(_service(file))
    lines.extend(["## Left out", "", "| service | calls | why |", "|---|---|---|"])
    for file in sorted(catalog.files, key=lambda file: file.title.lower()):
        for group in file.ignored:
            names = ", ".join(f"`{name}`" for name in group.names)
            if group.names == ["*"]:
                names += f", all others of {group.source or file.source}"
            lines.append(f"| {file.title} | {names} | {group.because} |")
    return "\n".join(lines) + "\n"


def _figures(catalog: Catalog) -> str:
    """The coverage as a table."""
    rows = (f"| {name} | {number} |" for name, number in coverage(catalog).items())
    return "\n".join(["| calls | |", "|---|---|", *rows])


def _service(file: ServiceFile) -> Iterator[str]:
    yield f"### {file.title}"
    yield ""
    yield "| call | does | to | priced | note |"
    yield "|---|---|---|---|---|"
    for entry in file.calls:
        names = ", ".join(f"`{name}`" for name in entry.names)
        seen = entry.beside or any(not example.synthetic for example in entry.examples)
        resource = file.resources[entry.resource_type].title
        yield (
            f"| {names}{'' if seen else ' °'} | {entry.action} | {resource} "
            f"| {_PRICED[entry.pricing]} | {_note(entry)} |"
        )
    yield ""


def _note(entry: Entry) -> str:
    """Why it is priced so, and what its first example yields."""
    parts = [entry.because] if entry.because else []
    if entry.hours:
        parts.append("A job: charged once, for its longest run.")
    first = entry.examples[0].yields if entry.examples else "nothing"
    if not isinstance(first, str) and entry.pricing in ("book", "stated"):
        shown = first[0]
        what = shown.resource_class or "one"
        if shown.hourly_cost and shown.hourly_cost != "0":
            parts.append(f"Example: {what}, {shown.hourly_cost} USD an hour.")
        elif shown.one_time_cost:
            parts.append(f"Example: {what}, {shown.one_time_cost} USD once.")
    if worst := _worst(entry):
        each = entry.worst.bound == "each" if entry.worst else entry.defines
        bound = "For each use" if each else "At worst"
        parts.append(f"{bound}, in an example: {worst} USD an hour.")
    return " ".join(parts)


def _worst(entry: Entry) -> str | None:
    """The first worst case that an example has."""
    yields = [one.yields for one in entry.examples if not isinstance(one.yields, str)]
    return next(
        (event.worst_case for events in yields for event in events if event.worst_case), None
    )


def main() -> None:
    """Write the page."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    main()
