/* SPDX-License-Identifier: Apache-2.0 */
/* Opens an issuer's directory. */
#include "office.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>


/* Who holds the lock of a directory, as the kernel lists it ("1: FLOCK
 * ADVISORY WRITE pid major:minor:inode …"); 0 when that cannot be known. */
static long holder(int dir)
{
	FILE *locks = fopen("/proc/locks", "re");
	unsigned long long inode;
	struct stat st;
	char line[256];
	long pid, found = 0;

	if (!locks || fstat(dir, &st))
		st.st_ino = 0;
	while (locks && !found && fgets(line, sizeof(line), locks))
		if (sscanf(line, "%*s FLOCK %*s %*s %ld %*x:%*x:%llu", &pid,
			   &inode) == 2 &&
		    inode == st.st_ino && pid > 0)
			found = pid;
	if (locks)
		fclose(locks);
	return found;
}

static bool refuse_second(const struct office *office, struct fault *fault)
{
	long pid = holder(office->dir);
	char who[32] = "";

	if (pid)
		snprintf(who, sizeof(who), " (process %ld)", pid);
	return fault_set(fault, EXIT_IO,
			 "%s: another oap-issuer works here%s; try again when "
			 "it has finished, or has been given its passphrase",
			 office->path, who);
}

static bool lock(struct office *office, struct fault *fault)
{
	office->dir =
	    open(office->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (office->dir < 0)
		return fault_set(fault, EXIT_IO, "%s: %s%s", office->path,
				 strerror(errno),
				 errno == ENOENT ? "; oap-issuer init makes it"
						 : "");
	if (flock(office->dir, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno == EWOULDBLOCK)
		return refuse_second(office, fault);
	return fault_set(fault, EXIT_IO, "%s: cannot be locked: %s",
			 office->path, strerror(errno));
}

bool office_open(struct office *office, const char *path, struct fault *fault)
{
	char file[4096];

	*office = (struct office){.dir = -1, .path = path};
	if (snprintf(file, sizeof(file), "%s/" OFFICE_REGISTRY, path) >=
	    (int)sizeof(file))
		return fault_set(fault, EXIT_USAGE, "--dir: too long a name");
	if (!lock(office, fault))
		return false;
	if (faccessat(office->dir, OFFICE_REGISTRY, F_OK, 0))
		return fault_set(fault, EXIT_IO,
				 "%s: holds no issuer (no " OFFICE_REGISTRY
				 "); oap-issuer init makes one", path);
	office->registry = registry_open(file, fault);
	return office->registry &&
	       registry_identity(office->registry, &office->identity, fault) &&
	       office_settle_keys(office, fault);
}

void office_close(struct office *office)
{
	registry_close(office->registry);
	office->registry = NULL;
	if (office->dir >= 0)
		close(office->dir);
	office->dir = -1;
}
