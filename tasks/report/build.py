"""Writes what a person sees of a published build: the page and the dataset card."""

from __future__ import annotations

from tasks.report.card import render_card
from tasks.report.load import load_report
from tasks.report.page import render_page
from tasks.report.reading import PublishedBuild
from tasks.store import Store

PAGE = "report/index.html"
CARD = "README.md"


def write_report(store: Store, build_id: str) -> str:
    """Writes the page of a published build beside it and says where: a file:// address for a folder.

    Raises:
        NotPublishedError: the build has no snapshot.
        ConfigError: there is no such build.
        StoreError, TableError: a part is missing or altered, or the page cannot be written.
    """
    return _write(store, f"builds/{build_id}/{PAGE}", render_page(load_report(PublishedBuild(store, build_id))))


def write_card(store: Store, build_id: str) -> str:
    """Writes the dataset card of a published build and says where. The same build gives the same card.

    Raises:
        NotPublishedError, ConfigError, StoreError, TableError: as `write_report`.
    """
    return _write(store, f"builds/{build_id}/{CARD}", render_card(PublishedBuild(store, build_id)))


def _write(store: Store, key: str, text: str) -> str:
    store.replace(key, text.encode())
    path = store.local_path(key)
    return path.as_uri() if path is not None else f"{store.uri.rstrip('/')}/{key}"
