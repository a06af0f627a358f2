"""`mien warm-up`: compiles the kernels into numba's cache, once an installation."""

import typer


def warm_up() -> None:
    """Compile what is compiled once, so that the first start is quick."""
    from mien.models.weights import WeightStore
    from mien.swap.engine import FrameEngine
    from mien.trust.marking import rehearse_marking

    FrameEngine.load(WeightStore()).warm_up()
    rehearse_marking()
    typer.echo("Kernels are compiled.")
