"""mcplog check as real Nagios understands it, with the objects of `mcplog init nagios`; and the watchman for the watchman."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from consumerlib import skip
from services import ConsumerTest, hanging, healthy, need, wait_for

NAGIOS, CHECK_FILE_AGE = need("nagios4", "check_file_age")
if os.geteuid() != 0:
    skip("Nagios starts as root only")

ALL_DAY = "".join("\t%s 00:00-24:00\n" % d for d in "sunday monday tuesday wednesday thursday friday saturday".split())
AROUND = """
define timeperiod {
	timeperiod_name 24x7
	alias always
%s}
define command {
	command_name nop
	command_line /bin/true
}
define contact {
	contact_name c
	host_notification_commands nop
	service_notification_commands nop
	host_notification_period 24x7
	service_notification_period 24x7
	host_notification_options n
	service_notification_options n
}
define host {
	host_name localhost
	address 127.0.0.1
	check_period 24x7
	notification_period 24x7
	contacts c
	max_check_attempts 1
}
define service {
	name generic-service
	register 0
	check_period 24x7
	notification_period 24x7
	contacts c
	max_check_attempts 1
}
""" % ALL_DAY


class Nagios(ConsumerTest):
    def setUp(self):
        super().setUp()
        os.chmod(self.scratch.name, 0o755)

    def nagios_says(self, db, logs):
        """What a fresh Nagios makes of the check: state, output, perfdata."""
        home = tempfile.mkdtemp(dir=self.scratch.name)
        objects = self.init("nagios").replace("/var/lib/mcplog/timeline.db", db).replace("/home/user/.claude/debug", logs)
        self.assertIn(db, objects)
        at = lambda name: os.path.join(home, name)
        with open(at("objects.cfg"), "w", encoding="utf-8") as file:
            file.write(AROUND + objects)
        settings = {"log_file": at("log"), "cfg_file": at("objects.cfg"), "status_file": at("status.dat"), "status_update_interval": 1,
                    "object_cache_file": at("cache"), "precached_object_file": at("pre"), "temp_file": at("tmp"), "temp_path": home,
                    "check_result_path": home, "lock_file": at("lock"), "command_file": at("cmd"), "query_socket": at("q"),
                    "state_retention_file": at("ret"), "retain_state_information": 0, "service_check_timeout": 30,
                    "service_inter_check_delay_method": "n", "service_interleave_factor": 1, "max_service_check_spread": 1, "use_syslog": 0,
                    "nagios_user": "nagios", "nagios_group": "nagios"}
        with open(at("nagios.cfg"), "w", encoding="utf-8") as file:
            file.write("".join("%s=%s\n" % kv for kv in settings.items()))
        shutil.chown(home, "nagios", "nagios")
        with open(at("stdout"), "w", encoding="utf-8") as log:
            process = subprocess.Popen([NAGIOS, at("nagios.cfg")], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                       env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})  # as systemd starts it: without HOME
        try:
            return wait_for(lambda: self.checked(at("status.dat"), process), "Nagios never ran the check")
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=30)

    def checked(self, path, process):
        self.assertIsNone(process.poll(), "Nagios ended")
        if not os.path.exists(path):
            return None
        with open(path, encoding="utf-8", errors="backslashreplace") as file:
            block = re.search(r"servicestatus \{(.*?)\n\t\}", file.read(), re.S)
        values = dict(line.strip().split("=", 1) for line in block[1].split("\n") if "=" in line) if block else {}
        return (values["current_state"], values["plugin_output"], values["performance_data"]) if values.get("has_been_checked") == "1" else None

    def test_ok_critical_unknown(self):
        folder = self.path("nagios-state")
        os.mkdir(folder)
        shutil.chown(folder, "nagios", "nagios")
        db = os.path.join(folder, "t.db")
        self.log(healthy("pg"))
        state, output, perfdata = self.nagios_says(db, self.logs)
        self.assertEqual(state, "0", output)
        self.assertRegex(perfdata, r"(^| )'?stuck'?=0;")
        self.log(hanging("pg"))
        state, output, perfdata = self.nagios_says(db, self.logs)
        self.assertEqual(state, "2", output)
        self.assertRegex(output, r"^MCPLOG CRITICAL: .*pg/list_schemas.*sse-drop-silent-hang")
        self.assertRegex(perfdata, r"(^| )'?stuck'?=1;")
        os.chmod(self.logs, 0)
        state, output, _ = self.nagios_says(os.path.join(folder, "other.db"), self.logs)
        self.assertEqual(state, "3", output)
        os.chmod(self.logs, 0o755)

    def test_stale_metrics_are_seen(self):
        self.log(healthy("pg"))
        prom = self.path("mcplog.prom")
        self.assertEqual(self.mcplog("export", "prom", "--db", self.db, "-o", prom, self.logs).returncode, 0)
        self.assertEqual(self.run_program(CHECK_FILE_AGE, "-w", "900", "-c", "1800", "-f", prom).returncode, 0)
        old = time.time() - 1000
        os.utime(prom, (old, old))
        self.assertEqual(self.run_program(CHECK_FILE_AGE, "-w", "900", "-c", "1800", "-f", prom).returncode, 1)


if __name__ == "__main__":
    unittest.main()
