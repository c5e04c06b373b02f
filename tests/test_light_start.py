"""What a command or a part does not need, it does not read: a hundred commands a day are typed at a prompt."""

import subprocess
import sys

READ = """
import sys
import services.assembling
print("fastapi" in sys.modules)
import services.web_services
print("fastapi" in sys.modules)
"""


def test_parts_without_pages_start_without_the_web_framework_and_a_web_service_reads_it() -> None:
    said = subprocess.run([sys.executable, "-c", READ], check=True, capture_output=True, text=True).stdout
    assert said.split() == ["False", "True"]
