#!/usr/bin/env python3
"""Time: one test for each row of group E."""
from bad_inputs import BadInput, line, log, main

CALL = '%s [DEBUG] MCP server "pg": Calling MCP tool: ls\n'
BEAT = "%s [DEBUG] MCP server \"pg\": Tool 'ls' still running (%ds elapsed)\n"
DONE = "%s [DEBUG] MCP server \"pg\": Tool 'ls' completed successfully in %s\n"


class Time(BadInput):
    def analyze(self, text, *args, name="a.txt", **options):
        self.put(name, text.encode() if isinstance(text, str) else text)
        return self.run_it(name, *args, **options)

    def times(self, text, *args, **options):
        r = self.analyze(text, *args, **options)
        self.assert_code(r, 0)
        return r.sources[0]["first_time"], r.sources[0]["last_time"]

    def test_E1_zones_and_decimals(self):
        for text, want in (
                ('2026-05-17T20:23:00.766Z [DEBUG] one two\n', "2026-05-17T20:23:00.766Z"),
                ('2026-05-17T20:23:00Z [DEBUG] one two\n', "2026-05-17T20:23:00.000Z"),
                ('2025-08-21 07:46:26,221 - mcp - INFO - one two\n', "2025-08-21T07:46:26.221Z"),
                ('2025-08-21T07:46:26.221+02:00 INFO one two\n', "2025-08-21T05:46:26.221Z"),
                ('2026-11-20T23:14:10.579294969Z INFO:     Shutting down\n', "2026-11-20T23:14:10.579Z"),
                ('1.2.3.4 - - [20/Nov/2026:11:13:38 -0130] "GET /sse HTTP/1.1" 200 779 "-" "-"\n', "2026-11-20T12:43:38.000Z"),
                ('{"__REALTIME_TIMESTAMP":"1795217869653138","MESSAGE":"INFO:     Shutting down"}\n', "2026-11-20T23:37:49.653Z")):
            with self.subTest(text=text):
                self.assertEqual(self.times(text), (want, want))

    def test_E1_zone_option(self):
        text = "2026/11/20 11:13:38 [error] 1#1: *1 upstream timed out (110: Connection timed out) while reading upstream\n"
        self.assertEqual(self.times(text)[0], "2026-11-20T11:13:38.000Z")
        self.assertEqual(self.times(text, "--tz", "+02:00")[0], "2026-11-20T09:13:38.000Z")

    def test_E2_daylight_saving(self):
        """02:30 twice: the order of the file stands, and no duration is negative."""
        head = "2026/10/25 %s [error] 1#1: *1 upstream timed out (110: Connection timed out) while reading upstream\n"
        text = "".join(head % t for t in ("01:59:00", "02:30:00", "02:59:59", "02:00:01", "02:30:00", "03:10:00"))
        r = self.analyze(text, "--tz", "Europe/Berlin")
        self.assert_code(r, 0)
        self.assertNotIn(b'duration_ms":-', r.out.replace(b" ", b""))
        r = self.analyze((head % "02:30:00").replace("10/25", "03/29"), "--tz", "Europe/Berlin")  # the hour that is missing
        self.assert_code(r, 0)
        self.assertIsNotNone(r.sources[0]["first_time"])

    def test_E3_clock_goes_back(self):
        text = CALL % "2026-05-17T20:23:10.000Z" + BEAT % ("2026-05-17T20:23:40.000Z", 30)
        at = len(text)
        text += DONE % ("2026-05-17T20:23:36.800Z", "31s")
        r = self.analyze(text)
        self.assert_code(r, 0)
        p = self.assert_problem(r, "clock-back", "3.2 s")
        self.assertEqual((p["line"], p["offset"]), (3, at))
        self.assertEqual(r.report["summary"]["calls"], 1)
        self.assertEqual(r.report["summary"]["calls_open"], 0)
        self.assert_silent(r)

    def test_E4_future_times(self):
        future = self.analyze(log("one").replace(b"2026-", b"2099-"))
        self.assert_read(future, "one")
        self.assert_silent(future)

    def test_E5_suspended_host(self):
        text = (CALL % "2026-05-17T20:00:00.000Z" + BEAT % ("2026-05-17T20:00:30.000Z", 30) + BEAT % ("2026-05-18T04:00:40.000Z", 28840) +
                BEAT % ("2026-05-18T04:01:10.000Z", 28870) + DONE % ("2026-05-18T04:01:20.000Z", "28880s"))
        r = self.analyze(text)
        self.assert_code(r, 0)
        self.assertEqual(r.report["summary"]["calls_open"], 0)
        self.assertEqual([i for i in r.report["incidents"] if i["severity"] == "critical"], [])

    def test_E6_odd_times(self):
        good = {"1970-01-01T00:00:00.000Z": None, "2038-01-19T03:14:08.000Z": None, "9999-12-31T23:59:59.999Z": None,
                "2028-02-29T12:00:00.000Z": None, "2026-12-31T23:59:60.000Z": "2026-12-31T23:59:59.999Z"}
        for text, want in good.items():
            with self.subTest(text=text):
                self.assertEqual(self.times('%s [DEBUG] MCP server "a": one two\n' % text)[0], want or text)
        for text in ("2026-13-01T00:00:00.000Z", "2026-02-30T00:00:00.000Z", "2026-05-17T25:00:00.000Z", "2027-02-29T00:00:00.000Z",
                     "2026-00-00T00:00:00.000Z", "0000-00-00T99:99:99.999Z"):
            with self.subTest(text=text):
                r = self.analyze('%s [DEBUG] MCP server "a": one two\n' % text + log("one").decode())
                self.assert_code(r, 0)
                self.assertIn("one", r.servers)
                self.assertEqual(r.sources[0]["first_time"], "2026-05-17T00:00:00.100Z")
        self.analyze("2026-05-17T24:00:00.000Z [DEBUG] one two\n" + log("one").decode())

    def test_E7_hosts_with_skew(self):
        """A server's log of another host, hours away: nothing is claimed to have caused the other."""
        self.put("client.txt", (CALL % "2026-05-17T20:00:00.000Z" + DONE % ("2026-05-17T20:00:01.000Z", "1s")).encode())
        self.put("server.log", b"2026-05-17T14:00:00.000000000Z INFO:     Shutting down\n2026-05-17T14:00:00.500000000Z INFO:     Finished server process [1]\n")
        r = self.run_it("client.txt", "server.log")
        self.assert_code(r, 0)
        self.assertEqual(r.report["incidents"], [])

    def test_E8_far_away_clock(self):
        """The report does not know the time of day of the machine."""
        text = log("one") + line("two", 60)
        first, second = self.analyze(text), self.analyze(text)
        self.assertEqual(first.out, second.out)
        self.assertEqual(first.report["as_of"], "2026-05-17T00:01:00.200Z")


if __name__ == "__main__":
    main()
