from tests.causal.worlds import clinic_world

__all__ = ["clinic_world"]
