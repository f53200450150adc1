"""Simulated groups of clinics with known truth, for the demo, the tests and the acceptance worlds."""

from pipelines.synthetic.simulation import simulate, truth_folder
from pipelines.synthetic.truth import Effect, Truth
from pipelines.synthetic.worlds import WORLDS, World, world_named

__all__ = ["WORLDS", "Effect", "Truth", "World", "simulate", "truth_folder", "world_named"]
