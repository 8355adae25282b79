/* SPDX-License-Identifier: Apache-2.0 */
/* mailbox.h: how other threads hand something back to a loop: a list under a
 * short lock, and an eventfd that is written when the list was empty. */
#ifndef OAP_MAILBOX_H
#define OAP_MAILBOX_H

#include "bytes.h"

/* Lives in what is sent; run is called on the owner's thread. */
struct mail {
	struct mail *next;
	void (*run)(struct mail *mail);
};

struct mailbox;

struct mailbox *mailbox_new(void);
void mailbox_free(struct mailbox *box); /* takes NULL */
/* Readable when there is mail. */
int mailbox_fd(const struct mailbox *box);
/* Any thread. The mail is the receiver's from here on. */
void mailbox_post(struct mailbox *box, struct mail *mail);
/* The owner's thread: runs all that has come, in order. */
void mailbox_run(struct mailbox *box);

#endif
