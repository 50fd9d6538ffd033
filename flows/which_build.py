"""Which configuration a person means, and where a build's files are found by other programs."""

from pathlib import Path

from tasks.build import load_build
from tasks.config import DEFAULT_PROFILE, GenerateConfig, build_id_of, load_config, parse_assignments, validate
from tasks.config.load import merge
from tasks.store import Store


def configuration(
    profile: str | None, config: str | None, settings: list[str], store: Store, build: str | None
) -> GenerateConfig:
    """The profile, the file and the settings in layers; for a build that exists, the settings over its own.

    The build's own is taken where neither profile nor file is named. Raises ConfigError or StoreError in one line.
    """
    if build is not None and profile is None and config is None:
        own = stored_configuration(store, build)
        if own is not None:
            return validate(merge(GenerateConfig, own.model_dump(mode="json"), parse_assignments(settings)))
    return load_config(profile or DEFAULT_PROFILE, Path(config) if config else None, settings)


def stored_configuration(store: Store, build: str) -> GenerateConfig | None:
    """The configuration that a build was begun with, None where there is no such build."""
    known = build_id_of({}, build)
    return load_build(store, known).config if store.exists(f"builds/{known}/config.yaml") else None


def address_in_store(store: Store, key: str) -> str:
    """Where a browser or an S3 client finds a key: a file:// address for a folder."""
    path = store.local_path(key)
    return path.as_uri() if path is not None else f"{store.uri.rstrip('/')}/{key}"
