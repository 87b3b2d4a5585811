from __future__ import annotations

import subprocess
import sys


def test_data_readers_and_baselines_need_no_torch() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import dualalign.progression as progression\n"
        "from dualalign.progression import baselines, evaluation, readers\n"
        "print(len(progression.__all__), 'pandas' in sys.modules, 'sklearn' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split()[1:] == ["False", "False"]
