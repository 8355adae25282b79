/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.c: the parts of a service in the order in which they need each
 * other: storage (whose lock keeps a second daemon out), keys, sockets,
 * snapshot, the threads that write and read, and the loops at last. Down it
 * goes the other way round. */
#include "daemon.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backup.h"
#include "bundlemaker.h"
#include "chores.h"
#include "fetcher.h"
#include "listen.h"
#include "localday.h"
#include "log.h"
#include "loop.h"
#include "portfile.h"
#include "snapshot_make.h"
#include "storage.h"
#include "store_ledger.h"

#define DAY_MS INT64_C(86400000)
#define LOOPS_MAX 64
#define URL_TEXT_MAX (CONFIG_TEXT_MAX + 32)

struct daemon {
	struct config config;
	struct service service;
	struct store *store;
	struct service_keys *keys;
	struct listen_address address;
	char url[URL_TEXT_MAX], public_url[URL_TEXT_MAX];
	char socket_path[CONFIG_TEXT_MAX + 16]; /* "": none */
	bool has_socket;
	struct loop *loops[LOOPS_MAX];
	size_t loop_count;
	struct chores *chores;
	uint8_t pins[2][32]; /* of TLS keys: present, next */
	size_t pin_count;
	bool has_next_key; /* announced */
	uint8_t next_key[KEY_PUBLIC];
	char *error;
	size_t error_size;
};

static bool fail(struct daemon *d, const char *where, const char *what)
{
	snprintf(d->error, d->error_size, "%s: %s", where, what);
	return false;
}

static int64_t real_ms(void *none)
{
	struct timespec t;

	(void)none;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ------------------------------------------------------------ snapshot */

/* Ledger thread. */
static enum store_result prepare(struct store *s, struct ledger_job *job,
				 void *arg)
{
	struct daemon *d = arg;
	char error[LEDGER_REFUSAL_MAX];
	enum remake_result result =
	    snapshot_prepare(d->service.box, s, d->keys, real_ms(NULL), error,
			     sizeof(error));

	if (result == REMAKE_DONE)
		return STORE_OK;
	log_error("bundle: %s; the last one goes on", error);
	if (result == REMAKE_FAILED)
		return STORE_FAILED;
	memcpy(job->refusal, error, sizeof(error));
	return STORE_NONE;
}

static void install(bool committed, void *arg)
{
	struct daemon *d = arg;

	snapshot_install(d->service.box, committed);
}

/* Ledger thread. */
static void failed(void *arg)
{
	struct daemon *d = arg;

	atomic_store(&d->service.disk_failed, true);
}

/* ------------------------------------------------------------- storage */

static bool note_restored(struct daemon *d)
{
	const struct zone_span utc = {0};
	int64_t copied_ms;
	char day[11];

	switch (storage_restored(d->store, real_ms(NULL), &copied_ms)) {
	case STORE_OK:
		date_format(local_time_at(&utc, copied_ms).date, day);
		log_info("restored from a copy of %s; kiosks send again what "
			 "is later than that", day);
		return true;
	case STORE_NONE:
		return true;
	default:
		return fail(d, d->config.data_dir, store_error(d->store));
	}
}

static bool open_storage(struct daemon *d)
{
	if (!storage_open(d->config.data_dir, &d->store, &d->keys, d->error,
			  d->error_size))
		return false;
	backup_clear(d->config.data_dir); /* the directory is ours alone */
	if (!note_restored(d))
		return false;
	d->service.keys = d->keys;
	d->service.box = snapshot_box_new();
	d->service.cache = passcache_new((size_t)d->config.pass_cache);
	return (d->service.box != NULL && d->service.cache != NULL) ||
	       fail(d, "oapd", "out of memory");
}

/* From the next bundle on kiosks are told of the present key and, where there
 * is one, the next. */
static bool announce_pins(struct daemon *d, const char *next, char *error,
			  size_t error_size)
{
	uint8_t pins[2][32];
	size_t n = 1;

	if (d->service.tls == NULL)
		return true;
	tls_pin(d->service.tls, pins[0]);
	if (next[0] != '\0' &&
	    !tls_pin_of_file(next, pins[n++], error, error_size))
		return false;
	if (n == 2 && memcmp(pins[0], pins[1], sizeof(pins[0])) == 0)
		n = 1; /* it has come */
	if (n == d->pin_count && memcmp(pins, d->pins, n * 32) == 0)
		return true;
	memcpy(d->pins, pins, n * 32);
	d->pin_count = n;
	snapshot_box_pins(d->service.box, pins[0], n);
	chores_renew(d->chores);
	return true;
}

/* From the next bundle on kiosks are told which key is to follow ours. */
static bool announce_key(struct daemon *d, char *error, size_t error_size)
{
	uint8_t pk[KEY_PUBLIC];
	bool has;

	if (!storage_announced(d->config.data_dir, pk, &has, error,
			       error_size))
		return false;
	if (has == d->has_next_key &&
	    (!has || memcmp(pk, d->next_key, sizeof(pk)) == 0))
		return true;
	d->has_next_key = has;
	if (has)
		memcpy(d->next_key, pk, sizeof(pk));
	snapshot_box_next_key(d->service.box, has ? pk : NULL);
	chores_renew(d->chores);
	return true;
}

/* After the sockets: the bundle names the listener's TLS key. */
static bool make_first_snapshot(struct daemon *d)
{
	return announce_pins(d, d->config.tls_next_cert, d->error,
			     d->error_size) &&
	       announce_key(d, d->error, d->error_size) &&
	       snapshot_remake(d->service.box, d->store, d->keys,
			       real_ms(NULL), d->error, d->error_size);
}

/* ------------------------------------------------------------- sockets */

static bool open_tls(struct daemon *d)
{
	const struct config *c = &d->config;

	if (c->tls_cert[0] == '\0')
		return true;
	d->service.tls =
	    tls_new(c->tls_cert, c->tls_key, d->error, d->error_size);
	d->service.env.tls = d->service.tls;
	return d->service.tls != NULL;
}

static bool check_fetch_ca(const struct config *config, char *error,
			   size_t error_size)
{
	if (config->fetch_ca[0] == '\0' || access(config->fetch_ca, R_OK) == 0)
		return true;
	snprintf(error, error_size, "[fetch] ca: %s: %s", config->fetch_ca,
		 strerror(errno));
	return false;
}

bool daemon_check(const struct config *config, char *error, size_t error_size)
{
	struct tls *tls;
	uint8_t pin[32];

	if (!check_fetch_ca(config, error, error_size))
		return false;
	if (config->tls_cert[0] == '\0')
		return true;
	tls = tls_new(config->tls_cert, config->tls_key, error, error_size);
	tls_free(tls);
	return tls != NULL &&
	       (config->tls_next_cert[0] == '\0' ||
		tls_pin_of_file(config->tls_next_cert, pin, error,
				error_size));
}

static bool new_loops(struct daemon *d)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t count = (size_t)d->config.threads;

	if (count == 0)
		count = cpus > 0 ? (size_t)cpus : 1;
	if (count > LOOPS_MAX)
		count = LOOPS_MAX;
	while (d->loop_count < count) {
		struct loop *loop = loop_new(&d->service);
		int fd;

		if (loop == NULL)
			return fail(d, "oapd", "out of memory");
		d->loops[d->loop_count++] = loop;
		fd = d->loop_count == 1
			 ? listen_tcp(&d->address, d->error, d->error_size)
			 : listen_tcp_beside(&d->address, d->error,
					     d->error_size);
		if (fd < 0)
			return false;
		if (!loop_listen_tcp(loop, fd))
			return fail(d, "listen", strerror(errno));
	}
	return true;
}

static bool open_local(struct daemon *d)
{
	const char *path = d->config.unix_socket;
	int fd;

	if (strcmp(path, "none") == 0)
		return true;
	if (path[0] != '\0')
		snprintf(d->socket_path, sizeof(d->socket_path), "%s", path);
	else
		snprintf(d->socket_path, sizeof(d->socket_path),
			 "%s/oapd.sock", d->config.data_dir);
	fd = listen_local(d->socket_path, d->error, d->error_size);
	if (fd < 0)
		return false;
	d->has_socket = true;
	return loop_listen_local(d->loops[0], fd) ||
	       fail(d, d->socket_path, strerror(errno));
}

static bool open_sockets(struct daemon *d)
{
	struct config *c = &d->config;

	if (!listen_address_read(c->address, (uint16_t)c->port, &d->address,
				 d->error, d->error_size) ||
	    !open_tls(d) || !new_loops(d) || !open_local(d))
		return false;
	listen_address_url(&d->address, d->service.tls != NULL, d->url,
			   sizeof(d->url));
	snprintf(d->public_url, sizeof(d->public_url), "%s",
		 c->public_url[0] != '\0' ? c->public_url : d->url);
	d->service.env.public_url = d->public_url;
	return port_file_write(c->data_dir, listen_address_port(&d->address),
			       d->error, d->error_size);
}

/* ------------------------------------------------------------- threads */

static bool start_threads(struct daemon *d)
{
	const struct config *c = &d->config;
	struct ledger_config ledger = {
	    .questions_max = (size_t)c->questions,
	    .others_max = (size_t)c->others,
	    .now_ms = real_ms,
	    .prepare = prepare,
	    .install = install,
	    .failed = failed,
	    .arg = d,
	    .grant_key = d->keys->grant_key,
	};

	d->service.reader =
	    report_worker_start(c->data_dir, (size_t)c->reads, d->error,
				d->error_size);
	if (d->service.reader == NULL)
		return false;
	d->service.copier =
	    report_worker_start(c->data_dir, 1, d->error, d->error_size);
	if (d->service.copier == NULL)
		return false;
	d->service.ledger =
	    ledger_start(d->store, &ledger, d->error, d->error_size);
	if (d->service.ledger == NULL)
		return false;
	d->service.fetcher =
	    fetcher_start(&d->service, d->error, d->error_size);
	if (d->service.fetcher == NULL)
		return false;
	for (size_t i = 0; i < d->loop_count; i++)
		if (!loop_start(d->loops[i]))
			return fail(d, "thread", strerror(errno));
	return true;
}

static void set_limits(struct daemon *d, const struct config *c)
{
	struct conn_limits *limits = &d->service.limits;
	int64_t loops = d->loop_count > 0 ? (int64_t)d->loop_count : 1;

	limits->soft = c->connections;
	limits->hard = c->connections_hard;
	limits->request_ms = c->request_s * 1000;
	limits->idle_ms = c->idle_s * 1000;
	limits->write_ms = c->write_s * 1000;
	limits->write_rate = c->write_kib_s * 1024;
	limits->receiving = c->receiving_mib * 1024 * 1024 / loops;
	chores_retain(d->chores, c->retention_days * DAY_MS);
	if (d->service.fetcher != NULL)
		fetcher_set(d->service.fetcher, c->fetch_interval_s,
			    c->fetch_timeout_s);
	log_set_level((enum log_level)c->level);
}

struct daemon *daemon_start(const struct config *config, char *error,
			    size_t error_size)
{
	struct daemon *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		snprintf(error, error_size, "oapd: out of memory");
		return NULL;
	}
	d->config = *config;
	d->error = error;
	d->error_size = error_size;
	d->service.config = &d->config;
	d->service.now_ms = real_ms;
	d->service.env.code_life_s = ENROL_CODE_LIFE_S;
	d->service.env.random = randombytes_buf;
	d->chores = chores_new(&d->service);
	if (d->chores == NULL) {
		fail(d, "oapd", "out of memory");
	} else if (check_fetch_ca(config, error, error_size) &&
		   open_storage(d)) {
		d->service.env.service_pk = d->keys->pk;
		if (open_sockets(d)) {
			set_limits(d, config);
			if (make_first_snapshot(d) && start_threads(d)) {
				chores_start(d->chores);
				return d;
			}
		}
	}
	daemon_stop(d);
	return NULL;
}

void daemon_tick(struct daemon *d)
{
	chores_tick(d->chores);
}

const char *daemon_url(const struct daemon *d)
{
	return d->url;
}

/* -------------------------------------------------------------- reload */

static void reload_tls(struct daemon *d, const struct config *config)
{
	const uint8_t *next = d->pin_count > 1 ? d->pins[1] : NULL;
	char error[CONFIG_TEXT_MAX + 256];

	if (d->service.tls == NULL)
		return;
	if (!tls_reload(d->service.tls, d->config.tls_cert, d->config.tls_key,
			next, error, sizeof(error)))
		log_error("%s; the old certificate goes on", error);
	if (!announce_pins(d, config->tls_next_cert, error, sizeof(error)))
		log_error("[listen] tls_next_cert: %s; kiosks are told what "
			  "they were told", error);
}

static void reload_next_key(struct daemon *d)
{
	char error[CONFIG_TEXT_MAX + 256];

	if (!announce_key(d, error, sizeof(error)))
		log_error("%s; kiosks are told what they were told", error);
}

void daemon_reload(struct daemon *d, const struct config *config)
{
	size_t count;
	const struct config_key *keys = config_table(&count);

	for (size_t i = 0; i < count; i++)
		if (!keys[i].reload &&
		    config_differs(&d->config, config, &keys[i]))
			log_warning("[%s] %s: changed; a restart applies it",
				    keys[i].section, keys[i].key);
	config_take_reloadable(&d->config, config);
	set_limits(d, &d->config);
	reload_tls(d, &d->config);
	reload_next_key(d);
	chores_start(d->chores);
	log_info("configuration read again");
}

/* ---------------------------------------------------------------- stop */

/* Until nothing is in hand, or drain_s is over. */
static void drain(struct daemon *d)
{
	struct timespec until;
	sem_t drained;

	sem_init(&drained, 0, 0);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += d->config.drain_s;
	for (size_t i = 0; i < d->loop_count; i++)
		loop_drain(d->loops[i], &drained);
	for (size_t i = 0; i < d->loop_count; i++) {
		while (sem_timedwait(&drained, &until) != 0) {
			if (errno == EINTR)
				continue;
			log_warning("requests are still in hand after %lld s; "
				    "they are ended",
				    (long long)d->config.drain_s);
			break;
		}
	}
	/* What the ledger and the reader have taken is finished, and comes
	 * back to its loop; then the loops go. A connection that was idle may
	 * still ask until then, so both stay to refuse it. */
	ledger_halt(d->service.ledger);
	atomic_store(&d->service.ending, true);
	if (d->service.reader != NULL)
		report_worker_halt(d->service.reader);
	if (d->service.copier != NULL)
		report_worker_halt(d->service.copier);
	for (size_t i = 0; i < d->loop_count; i++)
		loop_end(d->loops[i]);
	sem_destroy(&drained);
}

void daemon_stop(struct daemon *d)
{
	/* Who waits for a fetch is answered; what it has got is written. */
	if (d->service.fetcher != NULL)
		fetcher_halt(d->service.fetcher);
	if (d->service.ledger != NULL)
		drain(d);
	for (size_t i = 0; i < d->loop_count; i++)
		loop_free(d->loops[i]);
	fetcher_stop(d->service.fetcher);
	ledger_stop(d->service.ledger);
	report_worker_stop(d->service.reader);
	report_worker_stop(d->service.copier);
	if (d->has_socket)
		unlink(d->socket_path);
	tls_free(d->service.tls);
	passcache_free(d->service.cache);
	if (d->service.box != NULL)
		snapshot_box_free(d->service.box);
	service_keys_free(d->keys);
	store_close(d->store);
	chores_free(d->chores);
	free(d);
}
