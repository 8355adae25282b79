/* SPDX-License-Identifier: Apache-2.0 */
/* kioskworld.c: the enrolment is written straight into the journal, as if its
 * answer had come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kioskworld.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "code.h"
#include "key.h"
#include "refresh.h"

#define REQUEST_MAX 65536

/* ------------------------------------------------------------- listener */

/* recv that ends with the listener: a kiosk keeps its connection open. */
static ssize_t receive(const struct listener *l, int fd, void *p, size_t n)
{
	struct pollfd in = {.fd = fd, .events = POLLIN};

	while (!l->stop)
		if (poll(&in, 1, 20) > 0)
			return recv(fd, p, n, 0);
	return 0;
}

static bool read_request(const struct listener *l, int fd, char *head,
			 size_t cap, uint8_t *body, size_t *body_n)
{
	size_t n = 0, length;
	char *end = NULL, *at;

	while (end == NULL && n < cap - 1) {
		ssize_t got = receive(l, fd, head + n, cap - 1 - n);

		if (got <= 0)
			return false;
		n += (size_t)got;
		head[n] = '\0';
		end = strstr(head, "\r\n\r\n");
	}
	at = strcasestr(head, "content-length:");
	length = at != NULL ? strtoul(at + 15, NULL, 10) : 0;
	*body_n = n - (size_t)(end + 4 - head);
	memcpy(body, end + 4, *body_n);
	while (*body_n < length) {
		ssize_t got = receive(l, fd, body + *body_n, length - *body_n);

		if (got <= 0)
			return false;
		*body_n += (size_t)got;
	}
	return true;
}

static void note_question(struct listener *l, const uint8_t *body, size_t n)
{
	pthread_mutex_lock(&l->lock);
	if (l->asked == 0) {
		memcpy(l->first, body, n);
		l->first_n = n;
		l->same = true;
	} else if (n != l->first_n || memcmp(l->first, body, n) != 0) {
		l->same = false;
	}
	l->asked++;
	pthread_mutex_unlock(&l->lock);
}

static void send_json(int fd, const char *json)
{
	char head[80];
	int n = snprintf(head, sizeof(head),
			 "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
			 strlen(json));

	send(fd, head, (size_t)n, MSG_NOSIGNAL | MSG_MORE);
	send(fd, json, strlen(json), MSG_NOSIGNAL);
}

static void send_answer(int fd, int64_t service_ms)
{
	char json[512];

	snprintf(json, sizeof(json),
		 "{\"verdict\":\"accepted\",\"number\":1,"
		 "\"service_ms\":%lld,\"items\":[],\"grant\":"
		 "\"%016llx00000000000000000000000000000000\"}",
		 (long long)service_ms, (unsigned long long)service_ms);
	send_json(fd, json);
}

/* Takes every entry for what it says. */
static void send_results(int fd, int64_t service_ms, struct bytes body)
{
	char *json = malloc(REQUEST_MAX);
	struct bytes report, items, encoded;
	struct entry e;
	struct item item;
	size_t count, n = 0;

	if (json == NULL ||
	    !body_read(body, ITEMS_PER_UPLOAD_MAX, &report, &items, &count))
		abort();
	n += (size_t)sprintf(json, "{\"results\":[");
	for (size_t i = 0; i < count; i++) {
		if (!body_next_item(&items, &encoded) ||
		    !item_read(encoded, &item) || !entry_read(item.entry, &e))
			abort();
		unsigned result = e.typ == TYP_REVERSAL ? VERDICT_REVERSED
							: e.told;

		n += (size_t)sprintf(json + n,
				     "%s{\"seq\":%llu,\"verdict\":\"%s\","
				     "\"number\":%u,\"marks\":[]}",
				     i > 0 ? "," : "",
				     (unsigned long long)e.seq,
				     verdict_name(result), result);
	}
	sprintf(json + n,
		"],\"device\":\"active\",\"service_ms\":%lld,"
		"\"held\":null}",
		(long long)service_ms);
	send_json(fd, json);
	free(json);
}

/* Until the other side has gone, or the test is over. */
static void keep_silent(struct listener *l, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char byte;

	l->silent++;
	while (!l->stop)
		if (poll(&p, 1, 10) > 0 && recv(fd, &byte, 1, 0) <= 0)
			return;
}

/* False: the connection is not to be gone on with. */
static bool answer_one(struct listener *l, int fd, const char *head,
		       struct bytes body)
{
	bool asks = strncmp(head, "POST /v1/ask", 12) == 0;
	int doing = l->doing;

	if (asks)
		note_question(l, body.p, body.n);
	if (doing == DO_SILENCE) {
		keep_silent(l, fd);
		return false;
	}
	if (!asks) {
		send_results(fd, l->service_ms, body);
		return true;
	}
	if (doing == DO_BREAK_ONCE) {
		l->doing = DO_ACCEPT;
		return false;
	}
	send_answer(fd, l->service_ms);
	return true;
}

static void *serve(void *arg)
{
	struct connection *c = arg;
	char *head = malloc(REQUEST_MAX);
	uint8_t *body = malloc(REQUEST_MAX);
	size_t n;

	if (head == NULL || body == NULL)
		abort();
	while (read_request(c->listener, c->fd, head, REQUEST_MAX, body, &n) &&
	       answer_one(c->listener, c->fd, head, bytes_of(body, n)))
		continue;
	free(head);
	free(body);
	close(c->fd);
	return NULL;
}

static void *listen_on(void *arg)
{
	struct listener *l = arg;
	struct pollfd p = {.fd = l->fd, .events = POLLIN};

	while (!l->stop && l->count < LISTENER_CONNECTIONS) {
		struct connection *c = &l->connections[l->count];

		if (poll(&p, 1, 20) <= 0)
			continue;
		c->listener = l;
		c->fd = accept(l->fd, NULL, NULL);
		if (c->fd < 0)
			continue;
		if (pthread_create(&c->thread, NULL, serve, c) != 0)
			abort();
		l->count++;
	}
	return NULL;
}

void listener_start(struct listener *l, enum doing doing)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t n = sizeof(at);

	memset(l, 0, sizeof(*l));
	l->doing = (int)doing;
	l->service_ms = CITY_NOW * 1000;
	pthread_mutex_init(&l->lock, NULL);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(l->fd >= 0);
	assert_int_equal(bind(l->fd, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(l->fd, 16), 0);
	assert_int_equal(getsockname(l->fd, (struct sockaddr *)&at, &n), 0);
	l->port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&l->thread, NULL, listen_on, l), 0);
}

void listener_stop(struct listener *l)
{
	l->stop = true;
	pthread_join(l->thread, NULL);
	for (size_t i = 0; i < l->count; i++)
		pthread_join(l->connections[i].thread, NULL);
	close(l->fd);
	pthread_mutex_destroy(&l->lock);
}

/* ---------------------------------------------------------------- kiosk */

static int64_t world_wall(void *arg)
{
	return ((struct kioskworld *)arg)->wall_ms;
}

static int64_t world_boot(void *arg)
{
	struct kioskworld *k = arg;
	struct timespec t;

	if (k->boot_ms >= 0)
		return k->boot_ms;
	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void world_boot_id(void *arg, char text[static BOOT_ID_TEXT])
{
	memcpy(text, ((struct kioskworld *)arg)->boot_id, BOOT_ID_TEXT);
}

static void world_random(void *arg, uint8_t *p, size_t n)
{
	(void)arg;
	randombytes_buf(p, n);
}

static void write_identity(struct kioskworld *k, int port)
{
	struct identity identity = {.answered = true};
	struct oap_problem why;

	snprintf(identity.url, sizeof(identity.url), "http://127.0.0.1:%d",
		 port > 0 ? port : 1);
	memcpy(identity.service_pk, k->world.service.pk, 32);
	assert_true(bytes_to_text(k->world.facility, identity.facility,
				  sizeof(identity.facility)));
	assert_int_equal(keyfile_make(k->o->dir.fd, k->o->dir.path,
				      KEYFILE_DEVICE, &k->env, NULL,
				      &k->o->key, &why),
			 OAP_OK);
	assert_true(journal_set_identity(k->o->journal, &identity));
}

void kioskworld_make(struct kioskworld *k, int port)
{
	struct oap_problem why;

	memset(k, 0, sizeof(*k));
	assert_true(sodium_init() >= 0);
	city_world_init(&k->world);
	strcpy(k->dir, "/tmp/oap-kiosk-XXXXXX");
	assert_non_null(mkdtemp(k->dir));
	k->wall_ms = CITY_NOW * 1000;
	k->boot_ms = -1;
	strcpy(k->boot_id, "00000000-0000-4000-8000-000000000001");
	k->env = (struct env){.wall_ms = world_wall,
			      .boot_ms = world_boot,
			      .boot_id = world_boot_id,
			      .random = world_random,
			      .arg = k};
	k->epoch = 4;
	k->made_at = k->world.made_at;
	assert_int_equal(handle_open(k->dir, OAP_CREATE, &k->env, &k->o, &why),
			 OAP_OK);
	write_identity(k, port);
	kioskworld_close(k);
	assert_int_equal(kioskworld_open(k, &why), OAP_OK);
	assert_int_equal(kioskworld_bundle(k, &why), OAP_OK);
}

enum oap_result kioskworld_open(struct kioskworld *k, struct oap_problem *why)
{
	return handle_open(k->dir, 0, &k->env, &k->o, why);
}

void kioskworld_close(struct kioskworld *k)
{
	oap_close(k->o);
	k->o = NULL;
}

void kioskworld_end(struct kioskworld *k)
{
	static const char *const NAMES[] = {"journal.db", "journal.db-wal",
					    "journal.db-shm", "device.key",
					    "lock"};
	char path[128];

	kioskworld_close(k);
	for (size_t i = 0; i < sizeof(NAMES) / sizeof(*NAMES); i++) {
		snprintf(path, sizeof(path), "%s/%s", k->dir, NAMES[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(k->dir), 0);
}

/* The world's bundle, signed anew with this kiosk in it. */
enum oap_result kioskworld_bundle(struct kioskworld *k,
				  struct oap_problem *why)
{
	static uint8_t from[CITY_BUF], scratch_buf[3 * CITY_BUF];
	struct outbuf scratch = outbuf_in(scratch_buf, sizeof(scratch_buf));
	uint8_t kiosks_buf[128], pins_buf[40];
	struct outbuf kiosks = outbuf_in(kiosks_buf, sizeof(kiosks_buf));
	struct outbuf pins = outbuf_in(pins_buf, sizeof(pins_buf));
	struct bundle_kiosk row = {.facility = k->world.facility,
				   .state = k->revoked ? DEVICE_REVOKED
						       : DEVICE_ACTIVE};
	struct outbuf out = outbuf_in(malloc(CITY_BUF), CITY_BUF);
	struct bundle b;
	bool changed;

	assert_true(bundle_read(city_bundle(&k->world, from), &b));
	memcpy(row.kid, k->o->key.kid, sizeof(row.kid));
	cbor_put_array(&kiosks, 1);
	bundle_put_kiosk(&kiosks, &row);
	cbor_put_array(&pins, k->pin != NULL);
	if (k->pin != NULL)
		cbor_put_bytes(&pins, bytes_of(k->pin, 32));
	b.kiosks = out_view(&kiosks);
	b.pins = out_view(&pins);
	b.epoch = k->epoch;
	b.made_at = k->made_at;
	b.has_next_key = k->next_key != NULL;
	if (k->next_key != NULL)
		memcpy(b.next_key, k->next_key, sizeof(b.next_key));
	bundle_put(&out, &b, k->world.service.pk, k->world.service.sk,
		   &scratch);
	assert_false(out.failed);
	return refresh_apply(k->o, out.p, out.n, "\"etag\"", &changed, why);
}

void kioskworld_change(struct kioskworld *k, const char *sql)
{
	char path[128];
	sqlite3 *db;

	assert_null(k->o);
	snprintf(path, sizeof(path), "%s/" JOURNAL_NAME, k->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

struct oap_told kioskworld_redeem(struct kioskworld *k, const char *text,
				  unsigned deadline_ms)
{
	struct oap_attempt a = OAP_ATTEMPT_INIT;
	struct oap_problem why = {.text = ""};
	struct oap_told told;
	char benefit[NAME_ID_MAX + 1];

	assert_true(bytes_to_text(k->world.benefit_id, benefit,
				  sizeof(benefit)));
	a.code = text;
	a.code_length = strlen(text);
	a.benefit = benefit;
	a.deadline_ms = deadline_ms;
	assert_int_equal(oap_redeem(k->o, &a, &told, &why), OAP_OK);
	return told;
}

void kioskworld_pass(struct kioskworld *k, char code[static CODE_MAX + 1])
{
	static uint8_t buf[CITY_BUF];
	struct bytes text;

	randombytes_buf(k->world.pass.cti, sizeof(k->world.pass.cti));
	text = city_code(&k->world, buf);
	assert_true(bytes_to_text(text, code, CODE_MAX + 1));
}
