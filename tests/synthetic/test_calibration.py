"""The simulator beside the published figures."""

import sys

from pipelines.synthetic.calibration import as_table, targets_and_achieved


def test_the_published_figures_are_met(capsys):
    targets = targets_and_achieved(episodes=20_000, clinics=20, world="no-effect", seed=11)
    with capsys.disabled():
        sys.stdout.write(f"\n{as_table(targets)}\n")
    assert [one.quantity for one in targets if not one.is_met] == []
