/* SPDX-License-Identifier: Apache-2.0 */
/* setup_policy.c: the policy: how old a bundle may be, how far clocks may
 * differ, what a kiosk may accept alone. */
#include "setup_act.h"

#include <string.h>

#include "currency.h"
#include "limits.h"

static const char *const policy_fields[] = {
    "bundle_soft_age_s", "bundle_hard_age_s",  "skew_s",
    "presentation_window_s", "offline_uses",   "offline_amounts",
    "deadline_ms",	 "status_hard_cap_s",  NULL};

/* CBOR wants keys of one length in the order of their bytes. */
static const char *next_currency(const json_t *amounts, const char *after)
{
	const char *key, *next = NULL;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)amounts, key, value)
	{
		if ((after == NULL || strcmp(key, after) > 0) &&
		    (next == NULL || strcmp(key, next) < 0))
			next = key;
	}
	return next;
}

static bool take_amounts(const struct taker *t, struct outbuf *out,
			 struct bytes *encoded)
{
	struct taker inner = {take(t, "offline_amounts"), "offline_amounts.",
			      t->problem};
	const char *currency = NULL;
	int64_t amount = 0;
	size_t n = json_object_size(inner.object);

	*encoded = (struct bytes){NULL, 0};
	if (inner.object == NULL)
		return true;
	if (n < 1 || n > CURRENCIES_PER_POLICY_MAX)
		return take_refuse(t, "offline_amounts",
				   "must hold at least one amount by "
				   "currency, {\"KRW\": 500000}, or be null "
				   "for any");
	cbor_put_map(out, n);
	while ((currency = next_currency(inner.object, currency)) != NULL) {
		if (currency_decimals(bytes_text(currency)) < 0)
			return take_refuse(t, "offline_amounts",
					   "names a currency that is not in "
					   "ISO 4217");
		if (!take_whole(&inner, currency, TAKE_NEEDED, 0, AMOUNT_MAX,
				&amount))
			return false;
		cbor_put_text(out, bytes_text(currency));
		cbor_put_int(out, amount);
	}
	*encoded = out_view(out);
	return !out->failed;
}

static bool take_u32(const struct taker *t, const char *name, int64_t min,
		     int64_t max, uint32_t *out)
{
	int64_t v = 0;

	if (!take_whole(t, name, TAKE_NEEDED, min, max, &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool take_u64(const struct taker *t, const char *name, int64_t min,
		     int64_t max, uint64_t *out)
{
	int64_t v = 0;

	if (!take_whole(t, name, TAKE_NEEDED, min, max, &v))
		return false;
	*out = (uint64_t)v;
	return true;
}

static bool read_form(const json_t *body, struct outbuf *amounts,
		      struct policy *out, struct problem *p)
{
	struct taker t = {body, "", p};

	memset(out, 0, sizeof(*out));
	if (!take_u64(&t, "bundle_soft_age_s", BUNDLE_AGE_MIN_S,
		      BUNDLE_AGE_MAX_S, &out->soft_age_s) ||
	    !take_u64(&t, "bundle_hard_age_s", BUNDLE_AGE_MIN_S,
		      BUNDLE_AGE_MAX_S, &out->hard_age_s) ||
	    !take_u32(&t, "skew_s", 0, SKEW_MAX_S, &out->skew_s) ||
	    !take_u32(&t, "presentation_window_s", WINDOW_MIN_S, WINDOW_MAX_S,
		      &out->presentation_window_s) ||
	    !take_u64(&t, "offline_uses", 0, OFFLINE_USES_MAX,
		      &out->offline_uses) ||
	    !take_amounts(&t, amounts, &out->offline_amounts) ||
	    !take_u32(&t, "deadline_ms", DEADLINE_MIN_MS, DEADLINE_MAX_MS,
		      &out->deadline_ms) ||
	    !take_u64(&t, "status_hard_cap_s", STATUS_CAP_MIN_S,
		      STATUS_CAP_MAX_S, &out->status_hard_cap_s))
		return false;
	return out->soft_age_s <= out->hard_age_s ||
	       take_refuse(&t, "bundle_soft_age_s",
			   "must not be over bundle_hard_age_s");
}

static enum store_result run_set(struct act_run *run)
{
	uint8_t amounts_buf[POLICY_ENCODED_MAX], buf[POLICY_ENCODED_MAX];
	struct outbuf amounts = outbuf_in(amounts_buf, sizeof(amounts_buf));
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct policy_holder now;
	struct policy next;
	enum store_result r = policy_load(run->store, &now);

	if (r != STORE_OK)
		return r;
	run->before = policy_json(&now.policy);
	run->after = act_merge(run->before, run->body);
	if (run->before == NULL || run->after == NULL)
		return act_no_memory(run);
	if (!read_form(run->after, &amounts, &next, run->problem))
		return STORE_NONE;
	policy_put(&out, &next);
	if (out.failed)
		return act_no_memory(run);
	json_decref(run->after);
	run->after = policy_json(&next);
	if (run->after == NULL)
		return act_no_memory(run);
	run->changed = true;
	return store_policy_set(run->store, out_view(&out));
}

static const struct setup_act policy_set = {"policy.set", policy_fields, 200,
					    NULL, run_set};

struct setup_change *setup_policy_set(const json_t *body, struct problem *p)
{
	return setup_change_new(&policy_set, "policy", body, p);
}

static json_t *amounts_json(struct bytes encoded)
{
	struct cbor_in in = cbor_reader(encoded);
	struct bytes currency;
	uint64_t amount;
	char key[CURRENCY_LEN + 1];
	json_t *o;
	size_t n;

	if (encoded.n == 0 || !cbor_map(&in, &n))
		return json_null();
	o = json_object();
	while (cbor_text(&in, &currency) && cbor_uint(&in, &amount)) {
		if (bytes_to_text(currency, key, sizeof(key)))
			json_object_set_new(o, key,
					    json_integer((json_int_t)amount));
	}
	return o;
}

json_t *policy_json(const struct policy *p)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:I}",
			 "bundle_soft_age_s", (json_int_t)p->soft_age_s,
			 "bundle_hard_age_s", (json_int_t)p->hard_age_s,
			 "skew_s", (json_int_t)p->skew_s,
			 "presentation_window_s",
			 (json_int_t)p->presentation_window_s, "offline_uses",
			 (json_int_t)p->offline_uses, "offline_amounts",
			 amounts_json(p->offline_amounts), "deadline_ms",
			 (json_int_t)p->deadline_ms, "status_hard_cap_s",
			 (json_int_t)p->status_hard_cap_s);
}
