/* SPDX-License-Identifier: Apache-2.0 */
/* mailbox.c: finished work on its way back to the loop. */
#include "mailbox.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct mailbox {
	pthread_mutex_t lock;
	struct mail *first, **last;
	int fd;
};

struct mailbox *mailbox_new(void)
{
	struct mailbox *box = calloc(1, sizeof(*box));

	if (box == NULL)
		return NULL;
	box->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (box->fd < 0) {
		free(box);
		return NULL;
	}
	pthread_mutex_init(&box->lock, NULL);
	box->last = &box->first;
	return box;
}

void mailbox_free(struct mailbox *box)
{
	if (box == NULL)
		return;
	mailbox_run(box);
	close(box->fd);
	pthread_mutex_destroy(&box->lock);
	free(box);
}

int mailbox_fd(const struct mailbox *box)
{
	return box->fd;
}

void mailbox_post(struct mailbox *box, struct mail *mail)
{
	uint64_t one = 1;
	bool was_empty;

	mail->next = NULL;
	pthread_mutex_lock(&box->lock);
	was_empty = box->first == NULL;
	*box->last = mail;
	box->last = &mail->next;
	pthread_mutex_unlock(&box->lock);
	if (was_empty) {
		/* It fails only when its counter is full, and then it is
		 * readable anyway. */
		ssize_t n = write(box->fd, &one, sizeof(one));
		(void)n;
	}
}

void mailbox_run(struct mailbox *box)
{
	uint64_t count;
	struct mail *mail;
	ssize_t n = read(box->fd, &count, sizeof(count));

	(void)n;
	pthread_mutex_lock(&box->lock);
	mail = box->first;
	box->first = NULL;
	box->last = &box->first;
	pthread_mutex_unlock(&box->lock);
	while (mail != NULL) {
		struct mail *next = mail->next;

		mail->run(mail);
		mail = next;
	}
}
