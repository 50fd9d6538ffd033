"""Where builds and media lie: a folder or an object store, with the same few operations."""

from tasks.store.store import MediaRef, Store, StoreWarning, check_key

__all__ = ["MediaRef", "Store", "StoreWarning", "check_key"]
