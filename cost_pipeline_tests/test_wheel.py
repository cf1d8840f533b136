"""What is installed: a wheel with all that the code reads, and a price book that stays small."""

import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MOST_PRICE_BYTES = 3_000_000


@pytest.mark.soak
def test_the_wheel_holds_its_data_and_few_bytes_of_prices(tmp_path: Path) -> None:
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv, which builds the wheel, is not on the path")
    subprocess.run([uv, "build", "--wheel", "-q", "-o", tmp_path, ROOT], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        held = {one.filename: one for one in packed.infolist()}
    package = ROOT / "cost_pipeline"
    wanted = {
        f"cost_pipeline/{path.relative_to(package)}"
        for pattern in ("catalog/*.yaml", "prices/data/*", "store/migrations/versions/*.sql")
        for path in package.glob(pattern)
    }
    assert wanted <= held.keys()
    prices = [one for name, one in held.items() if name.startswith("cost_pipeline/prices/data/")]
    assert sum(one.compress_size for one in prices) <= MOST_PRICE_BYTES
    assert sum(one.file_size for one in prices) <= MOST_PRICE_BYTES
