# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Registration of the environments with Gymnasium, without the imports that an environment needs."""

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

ENVIRONMENT_ID = "DeepRacer-v0"
"""Name of the environment in `gymnasium.make` and `gymnasium.make_vec`."""
REGISTRY = "gymnasium.envs.registration"
"""The module with Gymnasium's registry."""


def register_environments() -> None:
    """Register `DeepRacer-v0`, single and vectorised, with Gymnasium; importing the package calls this function.

    If Gymnasium is not imported yet, this happens when it is: a node or a command does without it, and starts sooner.
    """
    if REGISTRY in sys.modules:
        _register(sys.modules[REGISTRY])
    else:
        sys.meta_path.insert(0, _Registration())


def _register(registry: ModuleType) -> None:
    module = "deepracer_ros.simulation.gymnasium_env"
    entries = {"entry_point": f"{module}:DeepRacerEnv", "vector_entry_point": f"{module}:DeepRacerVectorEnv"}
    registry.register(ENVIRONMENT_ID, **entries)


class _Registration(MetaPathFinder):
    """Waits for the import of Gymnasium's registry, and registers the environments after it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the module's own specification, with a loader that also registers; None for other modules."""
        if fullname != REGISTRY:
            return None
        sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _RegisteringLoader(spec.loader)
        return spec


class _RegisteringLoader(Loader):
    """A loader that runs another one, and registers the environments."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Return the module that the other loader creates."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Run the module, and register the environments."""
        self._loader.exec_module(module)
        _register(module)
