"""What a build tells Prefect's automations: that it moved, that it is published, that it ended without.

Events are a convenience: one that cannot be sent stops nothing.
"""

from prefect.events import emit_event

MOVED = "pam.build.moved"
PUBLISHED = "pam.build.published"
ENDED = "pam.build.ended"
RESOURCE = "pam.build."


def announce(event: str, build_id: str, store: str, **more: str) -> None:
    """Send one of the events above. Its payload is what an automation may use: `build`, `store`, and what is added."""
    emit_event(
        event=event,
        resource={"prefect.resource.id": f"{RESOURCE}{build_id}", "prefect.resource.name": build_id},
        payload={"build": build_id, "store": store, **more},
    )
