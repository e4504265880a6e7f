"""The commands cache rows in a temporary folder, and not in the folder of the user."""

import pytest


@pytest.fixture(scope="package", autouse=True)
def cache_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKLEARN_HPA_CACHE", str(folder))
        yield folder
