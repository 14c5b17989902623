/* Calls in a few bytes: what is taken back is what was parked, chains keep the order, and a log of thousands of open calls pairs like a
 * small one. */
#include "track/parked.h"
#include "tracker_fixture.h"

static struct open_call began(int64_t key, uint64_t line, bool sent, str id)
{
	struct open_call c = {0};
	open_call_reset(&c);
	c.dispatched = true;
	c.sent = sent;
	c.chain_key = 1;
	c.id_key = id.n ? open_calls_id_key(id) : 0;
	c.call.start = (struct place){line, line * LINE_BYTES};
	c.call.id = key + (int64_t)(line * LINE_BYTES);
	c.call.server = S("s");
	c.call.tool = S("t");
	c.call.session = S("01234567-89ab");
	c.call.tool_use_id = id;
	c.call.started_at = c.call.dispatched_at = 1777000000 * SECOND + (instant)line;
	c.call.flags = CALL_DISPATCHED;
	c.call.permission = 2 * MILLISECOND;
	c.call.attempts = sent;
	c.call.link = LINK_ADJACENCY;
	c.call.link_sure = true;
	if (sent) {
		c.call.sent = (struct place){line + 1, (line + 1) * LINE_BYTES};
		c.call.sent_at = c.call.started_at + MILLISECOND;
	}
	return c;
}

static void same_call(const struct open_call *a, const struct open_call *b)
{
	struct call x = a->call, y = b->call;
	assert_true(a->sent == b->sent && a->dispatched == b->dispatched);
	assert_true(str_eq(x.server, y.server) && str_eq(x.tool, y.tool) && str_eq(x.tool_use_id, y.tool_use_id) && str_eq(x.session, y.session));
	x.server = x.tool = x.tool_use_id = x.session = x.err = y.server = y.tool = y.tool_use_id = y.session = y.err = STR_NONE;
	assert_memory_equal(&x, &y, sizeof x);
}

static void what_was_parked_comes_back(void **state)
{
	static const str ids[] = {S_INIT("toolu_012345678901234567890123"), S_INIT("call-7"), S_INIT("toolu_"), S_INIT("")};
	struct parked p = {.key = (int64_t)KEY};
	struct open_call back;
	(void)state;
	for (uint32_t i = 0; i < 8; i++) {
		struct open_call c = began(p.key, 10 + i, i % 2, ids[i / 2]);
		if (i == 3)
			c.call.sent_at = INSTANT_NONE;
		if (i == 5)
			c.call.dispatched_at = c.call.started_at - 1;
		assert_true(parked_add(&p, &c));
		assert_true(parked_read(&p, i + 1, &back));
		same_call(&c, &back);
		assert_int_equal(parked_by_id(&p, ids[i / 2]), ids[i / 2].n ? i + 1 : 0);
	}
	parked_read(&p, 2, &back);
	assert_true(p.bytes.n > 0 && (unsigned char)p.v.v[1].bytes[0] <= 56); /* a small block of malloc's */
	parked_done(&p);
}

static void who_has_more_to_tell_is_not_parked(void **state)
{
	struct parked p = {.key = (int64_t)KEY};
	struct open_call c = began(p.key, 1, true, S("a"));
	(void)state;
	c.call.beats = 1;
	assert_false(parked_add(&p, &c));
	c = began(p.key, 1, true, S("a"));
	c.kept = 1u << LINE_ABORTING;
	assert_false(parked_add(&p, &c));
	c = began(p.key, 1, true, S("a"));
	c.ended = true;
	assert_false(parked_add(&p, &c));
	c = began(p.key, 1, true, S("a"));
	c.call.err = S("why");
	assert_false(parked_add(&p, &c));
	assert_int_equal(p.live, 0);
	parked_done(&p);
}

/* Lines of the calls from the newest to the oldest, as digits. */
static uint64_t order(struct parked *p)
{
	uint64_t digits = 0;
	struct open_call c;
	for (uint32_t slot = parked_newest(p, S("s"), S("t"), false); slot; slot = parked_before(p, slot)) {
		assert_true(parked_read(p, slot, &c));
		digits = digits * 10 + c.call.start.line;
	}
	return digits;
}

static void chains_are_in_order(void **state)
{
	static const uint64_t lines[] = {2, 4, 6, 1, 5};
	struct parked p = {.key = (int64_t)KEY};
	(void)state;
	assert_int_equal(order(&p), 0);
	for (size_t i = 0; i < 5; i++) {
		const struct open_call c = began(p.key, lines[i], false, S(""));
		assert_true(parked_add(&p, &c));
	}
	assert_int_equal(order(&p), 65421);
	assert_int_equal(parked_oldest(&p, S("s"), S("t"), false), 4);
	assert_int_equal(parked_oldest(&p, S("s"), S("t"), true), 0);
	parked_drop(&p, 2); /* line 4 */
	assert_int_equal(order(&p), 6521);
	parked_drop(&p, 4);
	assert_int_equal(order(&p), 652);
	parked_drop(&p, 3);
	assert_int_equal(order(&p), 52);
	const struct open_call c = began(p.key, 7, false, S(""));
	assert_true(parked_add(&p, &c));
	assert_int_equal(order(&p), 752);
	for (uint32_t slot; (slot = parked_oldest(&p, S("s"), S("t"), false)) != 0;)
		parked_drop(&p, slot);
	assert_int_equal(p.live, 0);
	parked_done(&p);
}

enum { CALLS = 3000 };

static void begin_many(struct log *l, bool sent)
{
	char id[40];
	log_begin(l);
	for (int i = 0; i < CALLS; i++) {
		(void)snprintf(id, sizeof id, "toolu_%d", i);
		push(l, 2 * i, CALL_DISPATCH, .tool = FULL, .id = id);
		if (sent)
			push(l, 2 * i, CALL_SENT, ST);
	}
}

static void parked_calls_end(void **state)
{
	struct log l;
	(void)state;
	begin_many(&l, true);
	assert_int_equal(l.calls.n, 0);
	assert_true(l.rows.n > CALLS); /* old ones have handed out their lines */
	push(&l, 2 * CALLS + 100, CALL_COMPLETED, ST, .ms = (2 * CALLS + 100 - 40) * 1000);
	push(&l, 2 * CALLS + 100, CALL_DISPATCH_END, .tool = FULL, .id = "toolu_20", .outcome = "ok", .ms = 1);
	push(&l, 2 * CALLS + 101, CALL_DISPATCH_END, .tool = FULL, .id = "toolu_7", .outcome = "error", .ms = 1);
	log_finish(&l);
	assert_int_equal(l.calls.n, CALLS);
	expect_outcome(call_with_id(&l, "toolu_20"), OUTCOME_OK);
	assert_true(call_with_id(&l, "toolu_20")->link_sure);
	assert_int_equal(call_with_id(&l, "toolu_20")->started_at, 40 * SECOND);
	expect_outcome(call_with_id(&l, "toolu_7"), OUTCOME_ERROR);
	expect_outcome(call_with_id(&l, "toolu_8"), OUTCOME_UNENDED);
	assert_int_equal(rows_of(&l, KIND_CALL_DISPATCH), CALLS);
	assert_int_equal(rows_of(&l, KIND_CALL_SENT), CALLS);
	log_done(&l);
}

static void parked_dispatches_are_sent_in_order(void **state)
{
	struct log l;
	(void)state;
	begin_many(&l, false);
	for (int i = 0; i < CALLS; i++)
		push(&l, 2 * CALLS + i, CALL_SENT, ST);
	log_finish(&l);
	assert_int_equal(l.calls.n, CALLS);
	for (size_t i = 0; i < CALLS; i++)
		assert_int_equal(l.calls.v[i].sent.line, CALLS + l.calls.v[i].start.line);
	assert_int_equal(rows_of(&l, KIND_CALL_DISPATCH), CALLS);
	assert_int_equal(rows_of(&l, KIND_CALL_SENT), CALLS);
	log_done(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_parked_comes_back),
		cmocka_unit_test(who_has_more_to_tell_is_not_parked),
		cmocka_unit_test(chains_are_in_order),
		cmocka_unit_test(parked_calls_end),
		cmocka_unit_test(parked_dispatches_are_sent_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
