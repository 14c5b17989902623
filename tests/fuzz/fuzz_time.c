/* Fuzzes time and duration texts. The first line of the input is a template, the rest the text. Whatever is accepted lies in
 * the years 0 to 9999 (templates without a year included) and survives being written and read again. */
#include <stdlib.h>

#include "base/instant.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_back(instant at)
{
	char text[32];
	instant again;
	bool zoned;
	instant_format(at, text);
	must(instant_iso(str_z(text), &again, &zoned) && zoned);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str s = {(const char *)data, size};
	instant at;
	int64_t micros;
	bool zoned, dated, ambiguous;
	char text[32];
	if (instant_iso(s, &at, &zoned)) {
		check_back(at);
		instant_from_local(NULL, at, &ambiguous);
	}
	if (size >= 24 && instant_iso24(s.p, &at)) {
		instant slow;
		must(instant_iso(str_head(s, 24), &slow, &zoned) && slow == at);
	}
	if (duration_parse(s, &micros))
		duration_format(micros, text);
	str rest = s;
	char *template = str_dupz(str_word(&rest, '\n'));
	if (instant_template(template, rest, INSTANT_NONE, &at, &zoned, &dated))
		check_back(at);
	if (instant_template(template, rest, INT64_C(1779049380776000), &at, &zoned, &dated))
		check_back(at);
	instant_zone_free(instant_zone(s));
	free(template);
	return 0;
}
