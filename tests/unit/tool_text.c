/* SPDX-License-Identifier: Apache-2.0 */
/* tool_text.c: what is no message of its own, as JSON and back: the two codes
 * that people show, and the bodies of HTTP requests. */
#include "tool_message.h"

#include "code.h"
#include "enrolcode.h"
#include "entry.h"

static json_t *refused(void)
{
	return json_pack("{s:s}", "refused", "unreadable");
}

static json_t *text_of(const struct outbuf *out)
{
	return out->failed ? json_null() : json_of_text(out_view(out));
}

json_t *tool_code(struct bytes line)
{
	uint8_t buf[SCANNED_MAX], text[CODE_MAX];
	struct outbuf again = outbuf_in(text, sizeof(text));
	json_t *answer = json_object();
	struct bytes scanned;
	enum verdict verdict = code_read(line, buf, &scanned);

	put(answer, "verdict", json_string(verdict_name(verdict)));
	put(answer, "scanned", json_of_hex(scanned.p, scanned.n));
	code_put(&again, scanned);
	put(answer, "again", text_of(&again));
	return answer;
}

json_t *tool_enrolcode(struct bytes line)
{
	uint8_t buf[ENROLCODE_MAX], text[ENROLCODE_MAX];
	struct outbuf again = outbuf_in(text, sizeof(text));
	json_t *fields = json_object(), *answer = json_object();
	struct enrolcode code;

	if (!enrolcode_read(line, buf, sizeof(buf), &code)) {
		json_decref(fields);
		json_decref(answer);
		return refused();
	}
	put(fields, "1", json_of_text(code.url));
	put(fields, "2", json_of_hex(code.service_pk, 32));
	if (code.has_pin)
		put(fields, "3", json_of_hex(code.pin, 32));
	put(fields, "4", json_of_hex(code.secret, 16));
	put(fields, "5", json_of_uint(code.expires));
	put(answer, "fields", fields);
	enrolcode_put(&again, &code);
	put(answer, "again", text_of(&again));
	return answer;
}

json_t *tool_body(struct bytes body, struct outbuf *out)
{
	json_t *answer = json_object(), *items = json_array();
	struct bytes head, rest, encoded;
	size_t count;

	put(answer, "items", items);
	if (!body_read(body, ITEMS_PER_UPLOAD_MAX, &head, &rest, &count)) {
		json_decref(answer);
		return refused();
	}
	out->n = 0;
	body_put_head(out, head, count);
	while (body_next_item(&rest, &encoded)) {
		struct item item;
		json_t *parts = json_array();

		append(items, parts);
		if (!item_read(encoded, &item))
			continue;
		append(parts, json_of_hex(item.entry.p, item.entry.n));
		append(parts, json_of_hex(item.salt.p, item.salt.n));
		append(parts, json_of_hex(item.scanned.p, item.scanned.n));
		body_put_item(out, &item);
	}
	put(answer, "head", json_of_hex(head.p, head.n));
	put(answer, "again",
	    out->failed ? json_null() : json_of_hex(out->p, out->n));
	return answer;
}
