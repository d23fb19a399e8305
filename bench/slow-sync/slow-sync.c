/*
 * Preloaded into a server (LD_PRELOAD), this makes its disk slower: each call that waits for the disk waits SLOW_SYNC_MS
 * milliseconds longer (a decimal number; 2 when it is not set), after the real call, in the thread that called. SQLite calls
 * fsync() or fdatasync(), by how it was compiled; Node.js calls both for its own file functions.
 *
 * A wait is no work: it costs no CPU, as a disk costs none.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

static struct timespec delay = {0, 2000000L};
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);

/* Before main(), so that no two threads ever look these up at once. */
__attribute__((constructor)) static void prepare(void) {
  real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  const char *text = getenv("SLOW_SYNC_MS");
  if (text == NULL) return;
  char *end = NULL;
  const double milliseconds = strtod(text, &end);
  /* A delay that was asked for and is not in force would pass for a fast server. */
  if (end == text || *end != '\0' || !(milliseconds >= 0 && milliseconds <= 60000)) abort();
  const long nanoseconds = (long)(milliseconds * 1e6);
  delay.tv_sec = nanoseconds / 1000000000L;
  delay.tv_nsec = nanoseconds % 1000000000L;
}

/* The caller must see the errno of the real call, and all of the delay, whatever signal comes. */
static int delayed(int result) {
  const int error = errno;
  struct timespec left = delay;
  while (nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
  errno = error;
  return result;
}

int fsync(int descriptor) { return delayed(real_fsync(descriptor)); }

int fdatasync(int descriptor) { return delayed(real_fdatasync(descriptor)); }
