/*
 * Stands between a program and the C library (LD_PRELOAD) for what it does to files below TOUCHSTONE_SHIM_FOLDER:
 *   TOUCHSTONE_SHIM_KILL=N     the N-th change kills the process: before it is made, and a write after half its bytes;
 *   TOUCHSTONE_SHIM_FAIL=FILE  while FILE exists, every sync fails with EIO, as that of a broken disk does.
 *   TOUCHSTONE_SHIM_FAIL_ONCE=FILE  the next sync after FILE is there fails with EIO and removes FILE, so that later ones
 *                              succeed, as they do when the kernel has told of the pages that it could not write.
 *   TOUCHSTONE_SHIM_READ_ONLY=FILE  while FILE exists, every write at an offset fails with EROFS, as after the kernel has
 *                              remounted a file system that it found damaged.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define NEXT(type, name) ((type)dlsym(RTLD_NEXT, name))

static atomic_long changes;

static int is_ours(const char *path) {
  const char *folder = getenv("TOUCHSTONE_SHIM_FOLDER");
  return folder != NULL && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_our_file(int fd) {
  char link[64], path[PATH_MAX + 1];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX);
  if (length < 0) return 0;
  path[length] = 0;
  /* The index of the log is no data: it is made anew after a crash. */
  return is_ours(path) && strstr(path, "-shm") == NULL;
}

/* Counts a change, and says whether the process is to die in it. */
static int is_last(void) {
  const char *kill_at = getenv("TOUCHSTONE_SHIM_KILL");
  long number = atomic_fetch_add(&changes, 1) + 1;
  return kill_at != NULL && number == atol(kill_at);
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static int is_triggered(const char *variable) {
  const char *file = getenv(variable);
  return file != NULL && access(file, F_OK) == 0;
}

static int sync_file(int fd, const char *name) {
  int (*next)(int) = NEXT(int (*)(int), name);
  if (!is_our_file(fd)) return next(fd);
  if (is_last()) die();
  const char *once = getenv("TOUCHSTONE_SHIM_FAIL_ONCE");
  /* Of several at once, the one that removes it. */
  int fails_once = once != NULL && NEXT(int (*)(const char *), "unlink")(once) == 0;
  if (fails_once || is_triggered("TOUCHSTONE_SHIM_FAIL")) {
    errno = EIO;
    return -1;
  }
  return next(fd);
}

int fsync(int fd) { return sync_file(fd, "fsync"); }
int fdatasync(int fd) { return sync_file(fd, "fdatasync"); }

ssize_t write(int fd, const void *bytes, size_t count) {
  ssize_t (*next)(int, const void *, size_t) = NEXT(ssize_t (*)(int, const void *, size_t), "write");
  if (fd > 2 && is_our_file(fd) && is_last()) {
    next(fd, bytes, count / 2);
    die();
  }
  return next(fd, bytes, count);
}

/* A commit is many writes in a row to one file, and any but its first two are like them. */
static int is_like_the_last(int fd) {
  static atomic_int last_fd = -1;
  static atomic_long last_change, row;
  long now = changes;
  int goes_on = atomic_exchange(&last_fd, fd) == fd && now == last_change;
  row = goes_on ? row + 1 : 0;
  if (row < 2) now += 1;
  last_change = now;
  return row >= 2;
}

static ssize_t write_at(int fd, const void *bytes, size_t count, off64_t at, const char *name) {
  ssize_t (*next)(int, const void *, size_t, off64_t) = NEXT(ssize_t (*)(int, const void *, size_t, off64_t), name);
  if (is_our_file(fd) && is_triggered("TOUCHSTONE_SHIM_READ_ONLY")) {
    errno = EROFS;
    return -1;
  }
  if (is_our_file(fd) && !is_like_the_last(fd) && is_last()) {
    next(fd, bytes, count / 2, at);
    die();
  }
  return next(fd, bytes, count, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) { return write_at(fd, bytes, count, at, "pwrite"); }
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
  return write_at(fd, bytes, count, at, "pwrite64");
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  ssize_t (*next)(int, const struct iovec *, int) = NEXT(ssize_t (*)(int, const struct iovec *, int), "writev");
  if (is_our_file(fd) && is_last()) die();
  return next(fd, parts, count);
}

static int open_file(const char *path, int flags, mode_t mode, const char *name) {
  int (*next)(const char *, int, ...) = NEXT(int (*)(const char *, int, ...), name);
  if ((flags & O_CREAT) != 0 && is_ours(path) && strstr(path, "-shm") == NULL && is_last()) die();
  return next(path, flags, mode);
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_file(path, flags, mode, "open");
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_file(path, flags, mode, "open64");
}

int ftruncate64(int fd, off64_t length) {
  if (is_our_file(fd) && is_last()) die();
  return NEXT(int (*)(int, off64_t), "ftruncate64")(fd, length);
}

int fchmod(int fd, mode_t mode) {
  if (is_our_file(fd) && is_last()) die();
  return NEXT(int (*)(int, mode_t), "fchmod")(fd, mode);
}

#define ON_PATH(name, declared, passed)             \
  int name declared {                               \
    if (is_ours(path) && is_last()) die();          \
    return NEXT(int(*) declared, #name) passed;     \
  }

ON_PATH(mkdir, (const char *path, mode_t mode), (path, mode))
ON_PATH(chmod, (const char *path, mode_t mode), (path, mode))
ON_PATH(unlink, (const char *path), (path))
ON_PATH(rmdir, (const char *path), (path))
ON_PATH(rename, (const char *path, const char *to), (path, to))
ON_PATH(link, (const char *path, const char *to), (path, to))
