"""An offer file of hundreds of megabytes is read in the memory of a small one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cost_pipeline_tests.fixtures.offers import ec2_product, offer_json

_READ = """
import resource, sys
from pathlib import Path
from cost_pipeline.orchestration.refreshing import read_offer
offer = read_offer(Path(sys.argv[1]), "AmazonEC2", "us-east-1")
print(len(offer.prices), offer.products, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
_MEGABYTE = 1 << 20
_MOST_MORE_KB = 60 * 1024


def read(file: Path) -> tuple[int, int, int]:
    """Prices, products, and the most memory of a process that reads the file (kB)."""
    command = [sys.executable, "-c", _READ, str(file)]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=900).stdout
    prices, products, kilobytes = told.split()
    return int(prices), int(products), int(kilobytes)


def grow(content: bytes, megabytes: int, file: Path) -> int:
    """Writes the offer with products and terms that no rule asks for, up to a size."""
    document = json.loads(content)
    sku, product = next(iter(document["products"].items()))
    term, reserved = (document["terms"][kind][sku] for kind in ("OnDemand", "Reserved"))
    unused = json.dumps(product).replace("Used", "UnusedCapacityReservation")
    blocks = (unused, json.dumps(term), json.dumps(reserved))
    count = megabytes * _MEGABYTE // sum(len(block) + 20 for block in blocks)
    heads = ('"products": {', '"OnDemand": {', '"Reserved": {')
    rest = json.dumps(document)
    with file.open("w") as out:
        for head, block in zip(heads, blocks, strict=True):
            before, _, rest = rest.partition(head)
            out.write(before + head)
            for number in range(count):
                out.write(f'"X{number:015}": {block}, ')
        out.write(rest)
    return count


@pytest.mark.soak
def test_memory_stays_however_large_an_offer_is(tmp_path: Path) -> None:
    content = offer_json("AmazonEC2", [ec2_product(f"m5.{n}xlarge", "1") for n in (2, 4, 8)])
    small, large = tmp_path / "small.json", tmp_path / "large.json"
    small.write_bytes(content)
    more = grow(content, 300, large)
    assert large.stat().st_size > 280 * _MEGABYTE
    few, plain, usual = read(small)
    many, all_products, most = read(large)
    assert (few, many) == (3, 3)
    assert all_products == plain + more
    assert most - usual < _MOST_MORE_KB
