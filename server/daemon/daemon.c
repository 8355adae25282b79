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
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bundlemaker.h"
#include "listen.h"
#include "log.h"
#include "loop.h"
#include "portfile.h"
#include "snapshot_make.h"
#include "store_ledger.h"
#include "wrapkey.h"

#define TICK_MS 60000	   /* key rolls and old bundles can wait that long */
#define TICK_AGAIN_MS 1000 /* after a snapshot that could not be made */
#define DAY_MS INT64_C(86400000)
#define LOOPS_MAX 64
#define URL_TEXT_MAX (CONFIG_TEXT_MAX + 32)

/* The ledger call of a tick; one at a time. */
struct tick {
	struct ledger_job job;
	atomic_bool at_work;
	atomic_bool remake; /* whatever else there is to do */
	atomic_bool more;   /* to be forgotten: again soon */
	_Atomic int64_t retention_ms;
};

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
	struct tick tick;
	uint8_t pins[2][32]; /* of TLS keys: present, next */
	size_t pin_count;
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

static enum store_result run_tick(struct store *s, struct ledger_job *job,
				  int64_t now_ms)
{
	struct daemon *d = job->owner;
	struct snapshot *now = snapshot_get(d->service.box);
	int64_t age_s = now_ms / 1000 - (int64_t)snapshot_made_at(now);
	bool changed = false, more = false;
	enum store_result result = setup_tick(s, now_ms, &changed);

	if (result == STORE_OK)
		result = store_purge(
		    s, now_ms - atomic_load(&d->tick.retention_ms), &more);
	atomic_store(&d->tick.more, more);

	job->remake_snapshot = atomic_exchange(&d->tick.remake, false) ||
			       changed || age_s >= BUNDLE_RESIGN_S ||
			       atomic_load(&d->service.bundle_late);
	snapshot_drop(now);
	return result;
}

static void tick_done(struct ledger_job *job)
{
	struct daemon *d = job->owner;

	/* Else what it was to bring is still to come. */
	atomic_store(&d->service.bundle_late,
		     job->failed || job->call_result != STORE_OK);
	atomic_store(&d->tick.at_work, false);
}

void daemon_tick(struct daemon *d)
{
	struct ledger_job *job = &d->tick.job;

	if (atomic_exchange(&d->tick.at_work, true))
		return;
	memset(job, 0, sizeof(*job));
	job->kind = JOB_CALL;
	job->call = run_tick;
	job->done = tick_done;
	job->owner = d;
	if (!ledger_submit(d->service.ledger, job))
		atomic_store(&d->tick.at_work, false);
}

int64_t daemon_tick_ms(const struct daemon *d)
{
	return atomic_load(&d->service.bundle_late) ||
		       atomic_load(&d->tick.more)
		   ? TICK_AGAIN_MS
		   : TICK_MS;
}

/* ------------------------------------------------------------- storage */

static bool open_storage(struct daemon *d)
{
	const char *dir = d->config.data_dir;
	uint8_t wrap[SERVICE_WRAP_KEY];
	bool has_wrap;

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return fail(d, dir, strerror(errno));
	d->store = store_open(dir, d->error, d->error_size);
	if (d->store == NULL ||
	    !wrap_key_read(wrap, &has_wrap, d->error, d->error_size))
		return false;
	d->keys = service_keys_open(dir, has_wrap ? wrap : NULL, d->error,
				    d->error_size);
	sodium_memzero(wrap, sizeof(wrap));
	if (d->keys == NULL)
		return false;
	d->service.keys = d->keys;
	d->service.box = snapshot_box_new();
	d->service.cache = passcache_new((size_t)d->config.pass_cache);
	if (d->service.box == NULL || d->service.cache == NULL)
		return fail(d, "oapd", "out of memory");
	return true;
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
	atomic_store(&d->tick.remake, true);
	return true;
}

/* After the sockets: the bundle names the listener's TLS key. */
static bool make_first_snapshot(struct daemon *d)
{
	return announce_pins(d, d->config.tls_next_cert, d->error,
			     d->error_size) &&
	       snapshot_remake(d->service.box, d->store, d->keys,
			       real_ms(NULL), d->error, d->error_size);
}

/* ------------------------------------------------------------- sockets */

static bool open_tls(struct daemon *d)
{
	const struct config *c = &d->config;

	if (c->tls_cert[0] == '\0')
		return listen_address_is_loopback(&d->address) ||
		       c->allow_plain_http != 0 ||
		       fail(d, "[listen] address",
			    "not loopback, and there is no certificate; set "
			    "tls_cert and tls_key, or allow_plain_http = yes "
			    "behind something that adds TLS");
	d->service.tls =
	    tls_new(c->tls_cert, c->tls_key, d->error, d->error_size);
	if (d->service.tls == NULL)
		return false;
	d->service.env.tls = d->service.tls;
	return true;
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
		/* The first takes the port, the others share it. */
		fd = listen_tcp(&d->address, d->error, d->error_size);
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
	    !open_tls(d) ||
	    !listen_probe(&d->address, d->error, d->error_size) ||
	    !new_loops(d) || !open_local(d))
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
	    .snapshot_arg = d,
	    .grant_key = d->keys->grant_key,
	};

	d->service.reader =
	    report_worker_start(c->data_dir, (size_t)c->reads, d->error,
				d->error_size);
	if (d->service.reader == NULL)
		return false;
	d->service.ledger =
	    ledger_start(d->store, &ledger, d->error, d->error_size);
	if (d->service.ledger == NULL)
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
	atomic_store(&d->tick.retention_ms, c->retention_days * DAY_MS);
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
	if (open_storage(d)) {
		d->service.env.service_pk = d->keys->pk;
		if (open_sockets(d)) {
			set_limits(d, config);
			if (make_first_snapshot(d) && start_threads(d)) {
				daemon_tick(d);
				return d;
			}
		}
	}
	daemon_stop(d);
	return NULL;
}

const char *daemon_url(const struct daemon *d)
{
	return d->url;
}

/* -------------------------------------------------------------- reload */

static bool differs(const struct config *a, const struct config *b,
		    const struct config_key *k)
{
	const char *x = (const char *)a + k->offset;
	const char *y = (const char *)b + k->offset;

	if (k->type == CONFIG_TEXT)
		return strcmp(x, y) != 0;
	return memcmp(x, y, sizeof(int64_t)) != 0;
}

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
	daemon_tick(d);
}

void daemon_reload(struct daemon *d, const struct config *config)
{
	size_t count;
	const struct config_key *keys = config_table(&count);

	for (size_t i = 0; i < count; i++)
		if (!keys[i].reload && differs(&d->config, config, &keys[i]))
			log_warning("[%s] %s: changed; a restart applies it",
				    keys[i].section, keys[i].key);
	set_limits(d, config);
	reload_tls(d, config);
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
	if (d->service.reader != NULL)
		report_worker_halt(d->service.reader);
	for (size_t i = 0; i < d->loop_count; i++)
		loop_end(d->loops[i]);
	sem_destroy(&drained);
}

void daemon_stop(struct daemon *d)
{
	if (d->service.ledger != NULL)
		drain(d);
	for (size_t i = 0; i < d->loop_count; i++)
		loop_free(d->loops[i]);
	ledger_stop(d->service.ledger);
	report_worker_stop(d->service.reader);
	if (d->has_socket)
		unlink(d->socket_path);
	tls_free(d->service.tls);
	passcache_free(d->service.cache);
	if (d->service.box != NULL)
		snapshot_box_free(d->service.box);
	service_keys_free(d->keys);
	store_close(d->store);
	free(d);
}
