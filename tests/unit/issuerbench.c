/* SPDX-License-Identifier: Apache-2.0 */
/* issuerbench.c: see issuerbench.h. */
#include "issuerbench.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void bench_reopen(struct bench *b)
{
	struct fault fault;

	registry_close(b->e.registry);
	b->e.registry = registry_open(b->path, &fault);
	if (!b->e.registry)
		fail_msg("%s", fault.text);
}

bool bench_open(struct bench *b, uint32_t capacity)
{
	struct fault fault;

	strcpy(b->dir, "/tmp/registry.XXXXXX");
	if (sodium_init() < 0 || !mkdtemp(b->dir))
		return false;
	snprintf(b->path, sizeof(b->path), "%s/registry.db", b->dir);
	b->identity = (struct identity){
	    .iss = "seoul.example",
	    .status_uri = "https://pass.seoul.example/status",
	    .name = {"Seoul", "서울"},
	    .capacity = capacity,
	    .made_at = NOW};
	b->key = city_key_make(ROLE_SIGNING, NULL, randombytes_buf);
	if (!registry_create(b->path, &b->identity, b->key->pk,
			     randombytes_buf, &fault))
		return false;
	press_init(&b->press, &b->identity, b->key);
	b->e = (struct enlisting){.press = &b->press,
				  .now = NOW,
				  .random = randombytes_buf};
	memcpy(b->e.kid, b->key->kid, 8);
	bench_reopen(b);
	return true;
}

void bench_close(struct bench *b)
{
	registry_close(b->e.registry);
	unlink(b->path);
	rmdir(b->dir);
	city_key_free(b->key);
}
