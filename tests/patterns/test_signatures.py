#!/usr/bin/env python3
"""patterns/ by an independent reading of its rules: loads, compiles, every sample holds, nothing is stolen (check_signatures.py)."""
import os
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
patterns = os.path.join(os.environ.get("MCPLOG_SOURCE", os.path.join(here, "..", "..")), "patterns")
sys.exit(subprocess.call([sys.executable, "-B", os.path.join(here, "check_signatures.py"), patterns]))
