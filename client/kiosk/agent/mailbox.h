/* SPDX-License-Identifier: Apache-2.0 */
/* mailbox.h: how other threads hand something to the loop: a list under a
 * short lock, and an eventfd that is written when the list was empty. */
#ifndef OAP_AGENT_MAILBOX_H
#define OAP_AGENT_MAILBOX_H

/* Lives in what is sent; run is called on the loop's thread. */
struct mail {
	struct mail *next;
	void (*run)(struct mail *mail);
};

struct mailbox;

struct mailbox *mailbox_new(void); /* NULL: out of memory or descriptors */
/* What is still in it is run: its owner frees itself there. Takes NULL. */
void mailbox_free(struct mailbox *box);
/* Readable when there is mail. */
int mailbox_fd(const struct mailbox *box);
/* Any thread. The mail is the receiver's from here on. */
void mailbox_post(struct mailbox *box, struct mail *mail);
/* The loop's thread: runs all that has come, in order. */
void mailbox_run(struct mailbox *box);

#endif
