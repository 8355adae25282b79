/* SPDX-License-Identifier: Apache-2.0 */
/* bounds.h: every size, count and time of the agent, with its reason. One
 * page, one till and a script or two are all that ever call it. */
#ifndef OAP_AGENT_BOUNDS_H
#define OAP_AGENT_BOUNDS_H

/* ------------------------------------------------------------ HTTP */
#define AGENT_PORT 8441 /* beside oapd's 8440, so both fit one machine */
#define HEAD_MAX 8192   /* browsers send under 2 KiB */
#define BODY_MAX 8192   /* a code is at most SCANNED_TEXT, escaped or not */
/* evhttp refuses with a page of HTML what is over its own limit, so that lies
 * above ours; what is above that is cut off. */
#define BODY_CUT 65536
#define CONNECTIONS 32	    /* a browser opens 6; over it: 503 */
#define CONNECTIONS_HARD 40 /* over it nobody is accepted */
#define STREAMS 8	    /* of events: pages, tills */
#define STREAM_WAITING 262144 /* bytes that a reader may be behind */
#define REQUEST_MS 5000	    /* from its first byte to its last, on loopback */
#define IDLE_MS 60000	    /* between two requests */
#define WRITE_MS 10000	    /* that a reader may take nothing at all */
#define REPLY_MS 30000	    /* for a whole reply but a stream */
#define SWEEP_MS 250	    /* how often those are looked at */
#define BEAT_MS 10000 /* a sign of life on streams; the page waits 25 s */
#define AUTH_MAX 512	    /* of an Authorization header */

/* --------------------------------------------------------- workers */
/* As many as the library lets ask at a time. */
#define DOOR_THREADS 4
/* That wait for one: more than a door has visitors in a deadline. */
#define DOOR_QUEUE 16
#define LOOK_THREADS 1 /* status and names; never waits for the network */
#define LOOK_QUEUE 16
#define LOOK_MS 5000	    /* how often the page is told how old things are */
#define REPORT_EACH_MS 60000 /* so that a lost connection shows in a minute */

/* -------------------------------------------------------- scanners */
#define LINES_WAITING 8	    /* unjudged; more comes from no human hand */
#define REPEAT_MS 3000	    /* a camera sees one code many times */
#define AGAIN_MIN_MS 500    /* before a scanner is tried again, doubled */
#define AGAIN_MAX_MS 15000  /* up to this */
#define STEADY_MS 10000 /* one that lived so long begins at the least */
#define CHILD_END_MS 1000   /* from SIGTERM to SIGKILL */
#define SCANNER_DETAIL 200  /* text, with its NUL */

/* ------------------------------------------------------------ desk */
#define BENEFITS_MAX 64	    /* shown; a facility has a handful */
#define PARTY_MAX 999	    /* as in oap.h */
#define LIST_DIGITS 12	    /* of an amount in minor units: no till has more */
#define LIST_MAX 999999999999 /* LIST_DIGITS of them */
#define DEADLINE_MIN_MS 50    /* under it no service answers */
#define DEADLINE_MAX_MS 5000  /* as in oap.h */

/* ----------------------------------------------------------- files */
#define TOKEN_BYTES 32	    /* random; twice as many hexadecimal digits */
#define TOKEN_MIN 32	    /* characters of one that was given */
#define TOKEN_MAX 128

#endif
