import os
import pathlib
import shutil
import sysconfig

import pytest

pytest_plugins = ["pytester"]

ROOT = pathlib.Path(__file__).parents[3]


def pytest_configure(config):
    """Tests the program that is named, else that of an installed wheel, else the debug build of the checkout."""
    os.environ.pop("TOUCHLINE_URL", None)
    # Tests run programs in folders of their own.
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    os.environ["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, paths))
    if not shutil.which("touchline", path=sysconfig.get_path("scripts")):
        os.environ.setdefault("TOUCHLINE_BINARY", str(ROOT / "target" / "debug" / "touchline"))


@pytest.fixture(scope="session")
def touchline_server_args():
    return ["juv", "--paused", "--max-replays", "200"]
