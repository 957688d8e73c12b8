/* Library for LD_PRELOAD that lets a file system fail as the environment asks.

FAULTY_ROOT    folder whose files are affected
FAULTY_PLAN    table, tab-separated: path below the root, number of bytes that fit into the file, errno.
               A file that exceeds its number gets a short write and then the error. From then on the
               process can write nothing below the root. Temporary files `.name.PID.partial` count as
               `name`. The number -1 lets the renaming of the file fail instead.
FAULTY_DONE    folder of notes: each line of the plan is carried out once
FAULTY_LOCKS   locks fail with ENOLCK, hard links with EPERM
FAULTY_SECONDS modification times are multiples of so many seconds
FAULTY_MEMORY  script and number of bytes, such as `evaluate_models:700000000`: processes whose command
               names the script have this much address space
*/
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))next_of(#name))
#define LINE 4096

static int full; /* errno of a disk that is full, 0 before */

static void *next_of(const char *name) {
  return dlsym(RTLD_NEXT, name);
}

__attribute__((constructor)) static void limit_memory(void) {
  const char *asked = getenv("FAULTY_MEMORY");
  char script[256], command[LINE] = {0};
  unsigned long long bytes;
  if (!asked || sscanf(asked, "%255[^:]:%llu", script, &bytes) != 2) return;
  FILE *file = NEXT(fopen)("/proc/self/cmdline", "r");
  if (!file) return;
  size_t length = fread(command, 1, LINE - 1, file);
  NEXT(fclose)(file);
  for (size_t i = 0; i < length; i++) if (!command[i]) command[i] = ' ';
  char suffix[300];
  snprintf(suffix, sizeof suffix, ".%s.py", script);
  char *found = strstr(command, ".snakemake/scripts/");
  if (found && strstr(found, suffix)) {
    struct rlimit limit = {bytes, bytes};
    setrlimit(RLIMIT_AS, &limit);
  }
}

/* Reduce a path below the root to the name in the plan; 0 if it is elsewhere. */
static int planned_name(const char *path, char *name) {
  const char *root = getenv("FAULTY_ROOT");
  char whole[LINE];
  if (!root || !path) return 0;
  if (path[0] == '/') snprintf(whole, LINE, "%s", path);
  else {
    if (!getcwd(whole, LINE)) return 0;
    size_t used = strlen(whole);
    snprintf(whole + used, LINE - used, "/%s", path);
  }
  size_t length = strlen(root);
  if (strncmp(whole, root, length) || whole[length] != '/') return 0;
  strcpy(name, whole + length + 1);
  char *last = strrchr(name, '/');
  char *base = last ? last + 1 : name;
  char *end = strstr(base, ".partial");
  if (base[0] == '.' && end) {
    *end = 0;
    char *number = strrchr(base, '.');
    if (number && number != base) *number = 0;
    memmove(base, base + 1, strlen(base));
  }
  return 1;
}

static void note_of(const char *name, char *note) {
  snprintf(note, LINE, "%s/", getenv("FAULTY_DONE"));
  size_t at = strlen(note);
  for (; *name && at < LINE - 1; name++) note[at++] = *name == '/' ? '%' : *name;
  note[at] = 0;
}

/* Look up a file; return 0 if it has no line in the plan that is still to be carried out. */
static int look_up(const char *name, long long *fits, int *error) {
  const char *plan = getenv("FAULTY_PLAN");
  char line[LINE], note[LINE];
  if (!plan) return 0;
  FILE *table = NEXT(fopen)(plan, "r");
  if (!table) return 0;
  int found = 0;
  while (!found && fgets(line, LINE, table)) {
    char *tab = strchr(line, '\t');
    if (!tab) continue;
    *tab = 0;
    if (!strcmp(line, name)) found = sscanf(tab + 1, "%lld\t%d", fits, error) == 2;
  }
  NEXT(fclose)(table);
  if (!found) return 0;
  note_of(name, note);
  return access(note, F_OK) != 0;
}

static void carry_out(const char *name, int error) {
  char note[LINE];
  note_of(name, note);
  int fd = NEXT(open)(note, O_CREAT | O_WRONLY, 0600);
  if (fd >= 0) close(fd);
  full = error;
}

/* Return how many of the bytes from a position on may be written; -1 with errno for none. */
static long long allowed(int fd, long long position, long long count) {
  char link[64], path[LINE], name[LINE];
  long long fits;
  int error;
  if (!getenv("FAULTY_ROOT") || (!full && !getenv("FAULTY_PLAN")) || count == 0) return count;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, LINE - 1);
  if (length <= 0) return count;
  path[length] = 0;
  if (!planned_name(path, name)) return count;
  if (full) {
    errno = full;
    return -1;
  }
  if (!look_up(name, &fits, &error) || fits < 0 || position + count <= fits) return count;
  if (position < fits) return fits - position;
  carry_out(name, error);
  errno = error;
  return -1;
}

ssize_t write(int fd, const void *from, size_t count) {
  long long n = allowed(fd, lseek(fd, 0, SEEK_CUR), count);
  return n < 0 ? -1 : NEXT(write)(fd, from, n);
}

ssize_t pwrite(int fd, const void *from, size_t count, off_t at) {
  long long n = allowed(fd, at, count);
  return n < 0 ? -1 : NEXT(pwrite)(fd, from, n, at);
}

ssize_t pwrite64(int fd, const void *from, size_t count, off_t at) {
  long long n = allowed(fd, at, count);
  return n < 0 ? -1 : NEXT(pwrite64)(fd, from, n, at);
}

ssize_t writev(int fd, const struct iovec *parts, int number) {
  long long count = 0;
  for (int i = 0; i < number; i++) count += parts[i].iov_len;
  long long n = allowed(fd, lseek(fd, 0, SEEK_CUR), count);
  if (n < 0) return -1;
  if (n == count) return NEXT(writev)(fd, parts, number);
  return write(fd, parts[0].iov_base, parts[0].iov_len);
}

ssize_t sendfile(int out, int in, off_t *from, size_t count) {
  long long n = allowed(out, lseek(out, 0, SEEK_CUR), count);
  return n < 0 ? -1 : NEXT(sendfile)(out, in, from, n);
}

ssize_t sendfile64(int out, int in, off_t *from, size_t count) {
  long long n = allowed(out, lseek(out, 0, SEEK_CUR), count);
  return n < 0 ? -1 : NEXT(sendfile64)(out, in, from, n);
}

ssize_t copy_file_range(int in, off_t *from, int out, off_t *to, size_t count, unsigned flags) {
  long long n = allowed(out, to ? *to : lseek(out, 0, SEEK_CUR), count);
  return n < 0 ? -1 : NEXT(copy_file_range)(in, from, out, to, n, flags);
}

/* The C library's own buffered writing does not pass through write() above. */
size_t fwrite(const void *from, size_t size, size_t count, FILE *file) {
  int fd = fileno(file);
  if (fd >= 0) {
    long long n = allowed(fd, ftell(file), (long long)size * count);
    if (n < 0) return 0;
    if (n < (long long)size * (long long)count) return NEXT(fwrite)(from, 1, n, file) / size;
  }
  return NEXT(fwrite)(from, size, count, file);
}

static int renamed(const char *from, const char *to) {
  char name[LINE];
  long long fits;
  int error;
  if (!planned_name(to, name) || !look_up(name, &fits, &error) || fits >= 0) return 0;
  (void)from;
  carry_out(name, error);
  full = 0;
  errno = error;
  return -1;
}

int rename(const char *from, const char *to) {
  return renamed(from, to) ? -1 : NEXT(rename)(from, to);
}

int renameat(int a, const char *from, int b, const char *to) {
  return renamed(from, to) ? -1 : NEXT(renameat)(a, from, b, to);
}

static int without_locks(void) {
  return getenv("FAULTY_LOCKS") != NULL;
}

int flock(int fd, int operation) {
  if (without_locks()) {
    errno = ENOLCK;
    return -1;
  }
  return ((int (*)(int, int))next_of("flock"))(fd, operation);
}

int lockf(int fd, int command, off_t length) {
  if (without_locks()) {
    errno = ENOLCK;
    return -1;
  }
  return NEXT(lockf)(fd, command, length);
}

#define CONTROL(name)                                                              \
  int name(int fd, int command, ...) {                                             \
    va_list rest;                                                                  \
    va_start(rest, command);                                                       \
    void *argument = va_arg(rest, void *);                                         \
    va_end(rest);                                                                  \
    int locks = command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK; \
    if (without_locks() && locks) {                                                \
      errno = ENOLCK;                                                              \
      return -1;                                                                   \
    }                                                                              \
    return ((int (*)(int, int, ...))next_of(#name))(fd, command, argument);        \
  }
CONTROL(fcntl)
CONTROL(fcntl64)

int link(const char *from, const char *to) {
  if (without_locks()) {
    errno = EPERM;
    return -1;
  }
  return NEXT(link)(from, to);
}

int linkat(int a, const char *from, int b, const char *to, int flags) {
  if (without_locks()) {
    errno = EPERM;
    return -1;
  }
  return NEXT(linkat)(a, from, b, to, flags);
}

static void coarsen(struct timespec *time) {
  const char *seconds = getenv("FAULTY_SECONDS");
  if (!seconds) return;
  time->tv_nsec = 0;
  time->tv_sec -= time->tv_sec % atoi(seconds);
}

#define COARSE(name, first, passed, type)                                  \
  int name(first, struct type *found) {                                    \
    int code = ((int (*)(first, struct type *))next_of(#name))(passed, found); \
    if (!code) coarsen(&found->st_mtim), coarsen(&found->st_ctim);         \
    return code;                                                           \
  }
COARSE(stat, const char *path, path, stat)
COARSE(lstat, const char *path, path, stat)
COARSE(fstat, int fd, fd, stat)
COARSE(stat64, const char *path, path, stat64)
COARSE(lstat64, const char *path, path, stat64)
COARSE(fstat64, int fd, fd, stat64)

#define COARSE_AT(name, type)                                                                \
  int name(int fd, const char *path, struct type *found, int flags) {                        \
    int code = ((int (*)(int, const char *, struct type *, int))next_of(#name))(fd, path, found, flags); \
    if (!code) coarsen(&found->st_mtim), coarsen(&found->st_ctim);                           \
    return code;                                                                             \
  }
COARSE_AT(fstatat, stat)
COARSE_AT(fstatat64, stat64)
