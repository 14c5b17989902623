"""An issue made from a timeline that knows several projects holds lines of its own project only."""
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
import samplelib  # noqa: E402


def run(cwd, *arguments):
    done = subprocess.run([samplelib.BINARY, *arguments], cwd=cwd, env={**os.environ, "HOME": cwd}, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


class Strangers(unittest.TestCase):
    def test_nothing_of_another_project(self):
        names = [n for n in sorted(os.listdir(samplelib.SAMPLES)) if n.startswith(("013-", "056-"))]
        with tempfile.TemporaryDirectory() as scratch:
            for name in names:
                samplelib.copy_inputs(name, os.path.join(scratch, name))
                run(scratch, "analyze", "--db", "t.db", "--allow-root", "-q", name)
            incidents = run(scratch, "query", "SELECT incident_id, server FROM incidents", "--db", "t.db", "-f", "csv").splitlines()[1:]
            mine = [i.split(",")[0] for i in incidents if "printers" not in i]
            self.assertTrue(mine)
            for incident in mine:
                issue = run(scratch, "report", incident, "--db", "t.db", "--allow-root")
                self.assertIn(incident, issue)
                self.assertNotIn("printers", issue)
                self.assertNotIn(names[0], issue)


if __name__ == "__main__":
    unittest.main()
