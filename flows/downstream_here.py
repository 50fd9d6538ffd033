"""``pam downstream``: the experiment in this process, with the compact network or with SimpleHand."""

from __future__ import annotations

from pathlib import Path

from flows.console import out, stopping_soon
from flows.tables_here import print_written
from flows.train_here import show_training
from pam_models.downstream.recipe import load_downstream
from pam_models.downstream.simplehand import check_checkout, read_list
from pam_models.training.recipe import RecipeError
from tasks.errors import ConfigError


def downstream_here(
    recipe: str,
    store: str,
    folder: str,
    real: str | None,
    synthetic: str | None,
    simplehand: str | None,
    real_list: str | None,
) -> None:
    """Run it and say where the results are. Raises PamError in one line, before any work where it can be told."""
    try:
        load_downstream(recipe)
        if simplehand is not None:
            check_checkout(Path(simplehand))
            if real_list is None or synthetic is None:
                raise ConfigError("--simplehand: give --real-list and --synthetic too: the pictures that are mixed")
            read_list(Path(real_list))
    except (RecipeError, ValueError) as error:
        raise ConfigError(str(error)) from error
    from flows.prefect_server import reporting

    show_training()
    with stopping_soon(), reporting() as wait_for_server:
        from flows.downstream import downstream, downstream_simplehand
        from flows.progress import shown_on
        from flows.terminal import view_for

        wait_for_server()
        with shown_on(view_for(out())):
            try:
                if simplehand is not None and real_list is not None and synthetic is not None:
                    files = downstream_simplehand(simplehand, real_list, synthetic, store, folder)
                else:
                    files = downstream(recipe, store, folder, real, synthetic)
            except ValueError as error:
                raise ConfigError(str(error)) from error
    print_written(files)
