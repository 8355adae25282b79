/* SPDX-License-Identifier: Apache-2.0 */
/* load.c: redemptions as many doors make them. Each kiosk has a connection of
 * its own: it asks, writes the entry of what it was answered, and sends it
 * with the next question, as liboap does at a door with a queue; or, with
 * --batch, uploads so many entries at a time. So on until all passes are
 * redeemed and all entries sent. Any answer but `accepted`, and any entry that
 * is not taken, ends it with status 1.
 *
 *   load --port N --redemptions N [--passes N] [--batch N] --benefit ID FILE
 *   load --port N --backlog N --benefit ID FILE
 *
 * With --backlog every kiosk but the first uploads so many entries that it
 * accepted by itself, ITEMS_PER_UPLOAD_MAX at a time, while the first asks
 * without pause until they are through.
 *
 * FILE has lines: "service PUBLIC_KEY", "issuer SEED ISS URI INDICES",
 * "kiosk SEED FACILITY EPOCH NEXT_SEQ PREV" (keys, seeds and hashes in
 * hexadecimal). With fewer passes than redemptions, passes come again. Writes
 * one JSON object: counts, seconds, milliseconds of the calls; and after it a
 * line "kiosk …" for each kiosk, to go on from. */
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "benefit.h"
#include "entry.h"
#include "key.h"
#include "pass.h"
#include "talk.h"
#include "wire.h"

#define KIOSKS_MAX 1024
#define LIST_AMOUNT 24000
/* beside a backlog: as many as fit, and passes that come again */
#define ASKS_MAX 1000000
#define ASKS_PASSES 10000

struct buffer {
	uint8_t bytes[PASS_MAX];
	size_t n;
};

struct door {
	uint8_t pk[32], sk[64], kid[8], mac[32];
	char facility[NAME_ID_MAX + 1];
	uint64_t epoch, seq;
	uint8_t prev[32];
	/* the question in flight */
	struct question question;
	/* entries written and not uploaded */
	uint8_t *items; /* encoded, in a row */
	size_t items_n;
	unsigned waiting;
	bool uploading;
	/* uploads of what was accepted alone, ready to be sent */
	struct body {
		uint8_t *bytes;
		size_t n;
		unsigned items;
	} *backlog;
	size_t bodies, sent;
};

struct load {
	struct wire *wire;
	struct door doors[KIOSKS_MAX];
	unsigned door_count;
	uint8_t service_pk[32];
	uint8_t issuer_pk[32], issuer_sk[64], issuer_kid[8];
	char iss[ISS_MAX + 1], uri[URI_MAX + 1];
	unsigned indices;
	struct buffer *passes;
	size_t pass_count, wanted, asked, redeemed;
	unsigned batch; /* 0: entries go with the next question */
	unsigned backlog; /* entries of each kiosk but the first */
	unsigned behind;  /* kiosks that still have some */
	const char *benefit;
	int64_t *ask_ns, *upload_ns;
	size_t asks, uploads;
	uint64_t refused;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void die(const char *what)
{
	fprintf(stderr, "load: %s\n", what);
	exit(4);
}

/* UUIDv7 (RFC 9562). */
static void new_id(uint8_t id[16], int64_t at_ms)
{
	randombytes_buf(id, 16);
	for (int i = 0; i < 6; i++)
		id[i] = (uint8_t)(at_ms >> (40 - 8 * i));
	id[6] = (id[6] & 0x0f) | 0x70;
	id[8] = (id[8] & 0x3f) | 0x80;
}

static void make_pass(struct load *l, size_t i, struct buffer *to)
{
	uint8_t payload[PASS_MAX];
	uint64_t now = (uint64_t)now_ms() / 1000;
	struct pass p = {.iss = bytes_text(l->iss),
			 .iat = now - 3600,
			 .exp = now + 86400 * 365,
			 .idx = i % l->indices,
			 .uri = bytes_text(l->uri),
			 .hint = bytes_text("K.M.")};
	struct outbuf body = outbuf_in(payload, sizeof(payload));
	struct outbuf out = outbuf_in(to->bytes, PASS_MAX);

	randombytes_buf(p.cti, sizeof(p.cti));
	pass_put_payload(&body, &p);
	cose_put_sign1(&out, TYP_PASS, l->issuer_kid, out_view(&body),
		       l->issuer_sk, NULL);
	if (body.failed || out.failed)
		die("a pass does not fit");
	to->n = out.n;
}

/* ---- what is sent ---- */

static void ask(struct load *l, unsigned i)
{
	struct door *d = &l->doors[i];
	uint8_t message[QUESTION_MAX], body[QUESTION_MAX + 64 + ITEM_MAX];
	const struct buffer *pass = &l->passes[l->asked++ % l->pass_count];
	struct outbuf out = outbuf_in(message, sizeof(message));
	struct outbuf whole = outbuf_in(body, sizeof(body));

	d->question = (struct question){.at_ms = now_ms(),
					.epoch = d->epoch,
					.benefit = bytes_text(l->benefit),
					.party = 2,
					.has_list = true,
					.list = LIST_AMOUNT,
					.scanned =
					    bytes_of(pass->bytes, pass->n),
					.facility = bytes_text(d->facility),
					.left_ms = DEADLINE_MAX_MS};
	memcpy(d->question.kid, d->kid, 8);
	new_id(d->question.id, d->question.at_ms);
	question_put(&out, &d->question, d->mac);
	body_put_head(&whole, out_view(&out), l->batch == 0 ? d->waiting : 0);
	if (l->batch == 0)
		out_put(&whole, d->items, d->items_n);
	if (out.failed || whole.failed)
		die("a question does not fit");
	wire_post(l->wire, i, "/v1/ask", whole.p, whole.n);
}

static void upload(struct load *l, unsigned i)
{
	struct door *d = &l->doors[i];
	uint8_t message[REPORT_MAX];
	size_t cap = REPORT_MAX + 64 + d->items_n;
	uint8_t *body = malloc(cap);
	struct outbuf out = outbuf_in(message, sizeof(message));
	struct outbuf whole = outbuf_in(body, cap);
	struct report r = {.next_seq = d->seq + 1,
			   .at_ms = now_ms(),
			   .epoch = d->epoch,
			   .has_unsent = true,
			   .oldest_unsent = d->seq + 1 - d->waiting,
			   .queue_depth = d->waiting,
			   .version = bytes_text("load")};

	memcpy(r.kid, d->kid, 8);
	report_put(&out, &r, d->mac);
	body_put_head(&whole, out_view(&out), d->waiting);
	out_put(&whole, d->items, d->items_n);
	if (body == NULL || out.failed || whole.failed)
		die("an upload does not fit");
	d->uploading = true;
	wire_post(l->wire, i, "/v1/entries", whole.p, whole.n);
	free(body);
}

/* ---- what comes back ---- */

/* The integer after a JSON key, or -1. */
static int64_t integer_of(const char *body, const char *key)
{
	const char *at = strstr(body, key);

	return at == NULL ? -1 : strtoll(at + strlen(key), NULL, 10);
}

static bool grant_of(const char *body, uint8_t grant[ENTRY_GRANT])
{
	const char *at = strstr(body, "\"grant\":");

	if (at == NULL || (at = strchr(at + 8, '"')) == NULL)
		return false;
	size_t n = strcspn(at + 1, "\"");
	return hex_decode(bytes_of(at + 1, n), grant, ENTRY_GRANT);
}

/* For entries that wait. */
static size_t room_of(const struct load *l)
{
	return (size_t)(l->batch > 0 ? l->batch : 1) * ITEM_MAX;
}

static void write_entry(struct load *l, struct door *d, const char *body)
{
	const struct question *q = &d->question;
	struct entry e = {.typ = TYP_ATTEMPT,
			  .seq = ++d->seq,
			  .at_ms = now_ms(),
			  .epoch = d->epoch,
			  .facility = q->facility,
			  .benefit = q->benefit,
			  .party = q->party,
			  .has_list = true,
			  .list = q->list,
			  .has_discount = true,
			  .discount = integer_of(body, "\"discount\":"),
			  .told = VERDICT_ACCEPTED,
			  .has_grant = true};
	uint8_t message[ENTRY_MAX], salt[ENTRY_SALT];
	struct outbuf out = outbuf_in(message, sizeof(message));
	struct outbuf items = outbuf_in(d->items + d->items_n,
					room_of(l) - d->items_n);

	if (!grant_of(body, e.grant) || e.discount < 0)
		die("an answer without grant or discount");
	memcpy(e.id, q->id, 16);
	memcpy(e.prev, d->prev, 32);
	randombytes_buf(salt, sizeof(salt));
	entry_commit(salt, q->scanned, e.commitment);
	entry_put(&out, &e, d->kid, d->sk);
	struct item item = {out_view(&out), bytes_of(salt, sizeof(salt)),
			    q->scanned};
	body_put_item(&items, &item);
	if (out.failed || items.failed)
		die("an entry does not fit");
	entry_hash(item.entry, d->prev);
	d->items_n += items.n;
	d->waiting++;
}

static unsigned occurrences(const char *text, const char *what)
{
	unsigned n = 0;

	while ((text = strstr(text, what)) != NULL) {
		text += strlen(what);
		n++;
	}
	return n;
}

/* ---- what was accepted alone ---- */

#define BODY_ROOM (REPORT_MAX + 64 + ITEMS_PER_UPLOAD_MAX * ITEM_MAX)

static void write_alone(struct load *l, struct door *d, int64_t at_ms,
			struct outbuf *items)
{
	struct buffer pass;
	struct entry e = {.typ = TYP_ATTEMPT,
			  .seq = ++d->seq,
			  .at_ms = at_ms,
			  .epoch = d->epoch,
			  .facility = bytes_text(d->facility),
			  .benefit = bytes_text(l->benefit),
			  .party = 1,
			  .told = VERDICT_ACCEPTED_OFFLINE};
	uint8_t message[ENTRY_MAX], salt[ENTRY_SALT];
	struct outbuf out = outbuf_in(message, sizeof(message));

	make_pass(l, (size_t)d->seq, &pass);
	new_id(e.id, at_ms);
	memcpy(e.prev, d->prev, 32);
	randombytes_buf(salt, sizeof(salt));
	entry_commit(salt, bytes_of(pass.bytes, pass.n), e.commitment);
	entry_put(&out, &e, d->kid, d->sk);
	struct item item = {out_view(&out), bytes_of(salt, sizeof(salt)),
			    bytes_of(pass.bytes, pass.n)};
	body_put_item(items, &item);
	if (out.failed || items->failed)
		die("an entry does not fit");
	entry_hash(item.entry, d->prev);
}

static void fill_body(struct load *l, struct door *d, unsigned count,
		      struct body *to)
{
	uint8_t message[REPORT_MAX];
	uint8_t *room = malloc(BODY_ROOM), *bytes = malloc(BODY_ROOM);
	struct outbuf items = outbuf_in(room, room ? BODY_ROOM : 0);
	struct outbuf out = outbuf_in(message, sizeof(message));
	struct outbuf whole = outbuf_in(bytes, bytes ? BODY_ROOM : 0);
	struct report r = {.at_ms = now_ms(),
			   .epoch = d->epoch,
			   .has_unsent = true,
			   .oldest_unsent = d->seq + 1,
			   .queue_depth = count,
			   .version = bytes_text("load")};

	for (unsigned i = 0; i < count; i++)
		write_alone(l, d, now_ms(), &items);
	r.next_seq = d->seq + 1;
	memcpy(r.kid, d->kid, 8);
	report_put(&out, &r, d->mac);
	body_put_head(&whole, out_view(&out), count);
	out_put(&whole, items.p, items.n);
	if (out.failed || whole.failed)
		die("an upload does not fit");
	free(room);
	*to = (struct body){realloc(bytes, whole.n), whole.n, count};
}

static void fall_behind(struct load *l, struct door *d)
{
	unsigned left = l->backlog;

	d->bodies = (left + ITEMS_PER_UPLOAD_MAX - 1) / ITEMS_PER_UPLOAD_MAX;
	d->backlog = calloc(d->bodies, sizeof(*d->backlog));
	if (d->backlog == NULL)
		die("out of memory");
	for (size_t i = 0; i < d->bodies; i++) {
		unsigned count = left < ITEMS_PER_UPLOAD_MAX
				     ? left
				     : ITEMS_PER_UPLOAD_MAX;

		fill_body(l, d, count, &d->backlog[i]);
		left -= count;
	}
	l->behind++;
}

static void catch_up(struct load *l, unsigned i)
{
	struct door *d = &l->doors[i];
	const struct body *next = &d->backlog[d->sent++];

	d->waiting = next->items;
	d->uploading = true;
	wire_post(l->wire, i, "/v1/entries", next->bytes, next->n);
}

static unsigned occurrences(const char *text, const char *what);

static void caught_up(struct load *l, unsigned i, const char *body)
{
	struct door *d = &l->doors[i];
	unsigned taken =
	    occurrences(body, "\"verdict\":\"accepted-offline\"");

	if (taken != d->waiting || strstr(body, "\"marks\":[\"") != NULL) {
		fprintf(stderr, "load: upload of %u: %.600s\n", d->waiting,
			body);
		exit(1);
	}
	l->redeemed += taken;
	if (d->sent < d->bodies)
		catch_up(l, i);
	else
		l->behind--;
}

/* results: the part of a reply that has them, in the order of the entries. */
static void took(struct load *l, struct door *d, const char *body)
{
	const char *results = strchr(body, '[');
	unsigned taken =
	    results ? occurrences(results, "\"verdict\":\"accepted\"") : 0;

	if (taken != d->waiting || strstr(body, "\"marks\":[\"") != NULL) {
		if (l->refused == 0)
			fprintf(stderr, "load: upload of %u: %s\n", d->waiting,
				body);
		l->refused += d->waiting - taken;
	}
	l->redeemed += taken;
	d->waiting = 0;
	d->items_n = 0;
	d->uploading = false;
}

static void answered(struct load *l, struct door *d, const char *body)
{
	if (l->batch == 0)
		took(l, d, body);
	if (integer_of(body, "\"number\":") == VERDICT_ACCEPTED) {
		write_entry(l, d, body);
		return;
	}
	if (l->refused++ == 0)
		fprintf(stderr, "load: %.300s\n", body);
}

static void done(void *arg, unsigned i, const struct wire_reply *reply)
{
	struct load *l = arg;
	struct door *d = &l->doors[i];

	if (reply->status != 200) {
		fprintf(stderr, "load: status %d: %.300s\n", reply->status,
			reply->body);
		exit(1);
	}
	if (d->bodies > 0) {
		l->upload_ns[l->uploads++] = reply->got_ns - reply->sent_ns;
		caught_up(l, i, reply->body);
		return;
	}
	if (d->uploading) {
		l->upload_ns[l->uploads++] = reply->got_ns - reply->sent_ns;
		took(l, d, reply->body);
	} else {
		l->ask_ns[l->asks++] = reply->got_ns - reply->sent_ns;
		answered(l, d, reply->body);
	}
	if (l->backlog > 0 && l->behind == 0)
		l->wanted = 0;
	if (l->asked < l->wanted && (l->batch == 0 || d->waiting < l->batch))
		ask(l, i);
	else if (d->waiting > 0)
		upload(l, i);
}

/* ---- around it ---- */

static void read_door(struct load *l, const char *seed_hex, const char *prev)
{
	struct door *d = &l->doors[l->door_count];
	uint8_t seed[32];

	if (!hex_decode(bytes_text(seed_hex), seed, 32) ||
	    !hex_decode(bytes_text(prev), d->prev, 32))
		die("a kiosk's line is none");
	crypto_sign_seed_keypair(d->pk, d->sk, seed);
	key_kid(d->pk, d->kid);
	if (!key_derive_mac(d->sk, l->service_pk, d->mac))
		die("the service's key is no key");
	d->items = malloc(room_of(l));
	if (d->items == NULL || ++l->door_count == KIOSKS_MAX)
		die("too many kiosks");
}

static void read_file(struct load *l, const char *path)
{
	char line[512], a[129], b[129], c[129];
	unsigned long long epoch, next;
	FILE *f = fopen(path, "r");

	if (f == NULL)
		die(path);
	while (fgets(line, sizeof(line), f) != NULL) {
		uint8_t seed[32];
		struct door *d = &l->doors[l->door_count];

		if (sscanf(line, "service %128s", a) == 1) {
			if (!hex_decode(bytes_text(a), l->service_pk, 32))
				die("the service's line is none");
		} else if (sscanf(line, "issuer %128s %32s %128s %u", a, l->iss,
				  l->uri, &l->indices) == 4) {
			if (!hex_decode(bytes_text(a), seed, 32))
				die("the issuer's line is none");
			crypto_sign_seed_keypair(l->issuer_pk, l->issuer_sk,
						 seed);
			key_kid(l->issuer_pk, l->issuer_kid);
		} else if (sscanf(line, "kiosk %128s %128s %llu %llu %128s", a,
				  b, &epoch, &next, c) == 5) {
			snprintf(d->facility, sizeof(d->facility), "%.32s", b);
			d->epoch = epoch;
			d->seq = next - 1;
			read_door(l, a, c);
		}
	}
	fclose(f);
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void print_times(const char *name, int64_t *ns, size_t n)
{
	qsort(ns, n, sizeof(*ns), by_size);
	printf("\"%s\":{\"calls\":%zu,\"p50_ms\":%.3f,\"p95_ms\":%.3f,"
	       "\"p99_ms\":%.3f,\"max_ms\":%.3f}",
	       name, n, (double)ns[n / 2] / 1e6,
	       (double)ns[n * 95 / 100] / 1e6, (double)ns[n * 99 / 100] / 1e6,
	       (double)ns[n - 1] / 1e6);
}

static void print(struct load *l, int64_t ns)
{
	printf("{\"redemptions\":%zu,\"refused\":%llu,\"seconds\":%.4f,",
	       l->redeemed, (unsigned long long)l->refused, (double)ns / 1e9);
	print_times("ask", l->ask_ns, l->asks);
	putchar(',');
	print_times("upload", l->upload_ns, l->uploads);
	printf("}\n");
	for (unsigned i = 0; i < l->door_count; i++) {
		char seed[65], prev[65];

		hex_encode(l->doors[i].sk, 32, seed);
		hex_encode(l->doors[i].prev, 32, prev);
		printf("kiosk %s %s %llu %llu %s\n", seed,
		       l->doors[i].facility,
		       (unsigned long long)l->doors[i].epoch,
		       (unsigned long long)l->doors[i].seq + 1, prev);
	}
}

static void run(struct load *l, uint16_t port)
{
	l->passes = calloc(l->pass_count, sizeof(*l->passes));
	l->ask_ns = calloc(l->wanted + 1, sizeof(*l->ask_ns));
	l->upload_ns = calloc(l->wanted + 1, sizeof(*l->upload_ns));
	if (!l->passes || !l->ask_ns || !l->upload_ns || l->door_count == 0)
		die("nothing to do");
	for (size_t i = 0; i < l->pass_count; i++)
		make_pass(l, i, &l->passes[i]);
	for (unsigned i = 1; l->backlog > 0 && i < l->door_count; i++)
		fall_behind(l, &l->doors[i]);
	l->wire = wire_open(port, l->door_count, done, l);
	if (l->wire == NULL)
		exit(4);
	/* The daemon's clock of the CPU starts when this line is read. */
	puts("ready");
	fflush(stdout);
	if (getchar() == EOF)
		exit(4);
	int64_t start = wire_clock_ns();
	for (unsigned i = 0; i < l->door_count && l->asked < l->wanted; i++)
		if (l->backlog > 0 && i > 0)
			catch_up(l, i);
		else
			ask(l, i);
	wire_run(l->wire);
	print(l, wire_clock_ns() - start);
	wire_close(l->wire);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"port", required_argument, NULL, 'p'},
	    {"redemptions", required_argument, NULL, 'n'},
	    {"passes", required_argument, NULL, 'u'},
	    {"batch", required_argument, NULL, 'b'},
	    {"backlog", required_argument, NULL, 'l'},
	    {"benefit", required_argument, NULL, 'f'},
	    {NULL, 0, NULL, 0}};
	static struct load l = {.benefit = "visit"};
	unsigned long port = 0;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'p': port = strtoul(optarg, NULL, 10); break;
		case 'n': l.wanted = strtoul(optarg, NULL, 10); break;
		case 'u': l.pass_count = strtoul(optarg, NULL, 10); break;
		case 'b': l.batch = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'l': l.backlog = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'f': l.benefit = optarg; break;
		default: return 2;
		}
	}
	if (l.backlog > 0) {
		l.wanted = ASKS_MAX;
		l.pass_count = ASKS_PASSES;
	}
	if (optind + 1 != argc || port == 0 || port > 65535 || l.wanted == 0 ||
	    l.batch > ITEMS_PER_UPLOAD_MAX || sodium_init() < 0)
		return 2;
	if (l.pass_count == 0)
		l.pass_count = l.wanted;
	read_file(&l, argv[optind]);
	run(&l, (uint16_t)port);
	for (unsigned i = 0; i < l.door_count; i++) {
		for (size_t k = 0; k < l.doors[i].bodies; k++)
			free(l.doors[i].backlog[k].bytes);
		free(l.doors[i].backlog);
		free(l.doors[i].items);
	}
	free(l.passes);
	free(l.ask_ns);
	free(l.upload_ns);
	return l.refused ? 1 : 0;
}
