/* Logs everything that a process does to the disk below one folder, so that a power cut at any moment can be played back.

   Loaded with LD_PRELOAD; logs nothing until writelog_start(log, root) is called. A record is a `struct record`, then the path,
   the second path and the data. Files are named by their inode number: a rename does not change it. Copies inside the kernel
   are refused, so that the caller copies by writing. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { CREATE = 1, WRITE, TRUNCATE, SYNC, SYNC_FOLDER, RENAME, UNLINK, RMDIR, MKDIR, SYMLINK };

struct record {
    uint32_t kind, path, second, data;
    uint64_t inode, offset;
};

static int log_fd = -1;
static char root[PATH_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;


static void put(const void *bytes, size_t n) {
    const char *at = bytes;
    while (n > 0) {
        ssize_t done = syscall(SYS_write, log_fd, at, n);
        if (done <= 0) return;
        at += done;
        n -= (size_t)done;
    }
}

static void note(enum kind kind, uint64_t inode, uint64_t offset, const char *path, const char *second, const void *data, size_t n) {
    struct record record = {kind, (uint32_t)strlen(path), (uint32_t)strlen(second), (uint32_t)n, inode, offset};
    put(&record, sizeof record);
    put(path, record.path);
    put(second, record.second);
    put(data, n);
}

void writelog_start(const char *log, const char *folder) {
    snprintf(root, sizeof root, "%s/", folder);
    log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void of_descriptor(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, PATH_MAX - 1);
    path[n > 0 ? n : 0] = 0;
}

static void whole(int folder, const char *name, char *path) {
    char base[PATH_MAX] = "";
    if (name[0] == '/') {
        snprintf(path, PATH_MAX, "%s", name);
        return;
    }
    if (folder == AT_FDCWD) {
        if (!getcwd(base, sizeof base)) base[0] = 0;
    } else {
        of_descriptor(folder, base);
    }
    snprintf(path, PATH_MAX, "%.2000s/%.2000s", base, name);
}

static int is_ours(const char *path) {
    size_t n = strlen(root);
    return log_fd >= 0 && n && (strncmp(path, root, n) == 0 || (strlen(path) == n - 1 && strncmp(path, root, n - 1) == 0));
}

static int file_of(int fd, struct stat *found) {
    char path[PATH_MAX];
    if (log_fd < 0 || fstat(fd, found) != 0) return 0;
    of_descriptor(fd, path);
    return is_ours(path);
}

static int opened(int folder, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    struct stat found;
    whole(folder, name, path);
    if (!is_ours(path) || !(flags & (O_CREAT | O_TRUNC))) return (int)syscall(SYS_openat, folder, name, flags, mode);
    pthread_mutex_lock(&lock);
    int was_there = stat(path, &found) == 0;
    int fd = (int)syscall(SYS_openat, folder, name, flags, mode), saved = errno;
    if (fd >= 0 && fstat(fd, &found) == 0) {
        if (!was_there) note(CREATE, found.st_ino, 0, path, "", "", 0);
        else if (flags & O_TRUNC) note(TRUNCATE, found.st_ino, 0, "", "", "", 0);
    }
    pthread_mutex_unlock(&lock);
    errno = saved;
    return fd;
}

#define MODE(last) \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { \
        va_list said; \
        va_start(said, last); \
        mode = va_arg(said, mode_t); \
        va_end(said); \
    }

int open(const char *name, int flags, ...) { MODE(flags) return opened(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE(flags) return opened(AT_FDCWD, name, flags | O_LARGEFILE, mode); }
int openat(int folder, const char *name, int flags, ...) { MODE(flags) return opened(folder, name, flags, mode); }
int openat64(int folder, const char *name, int flags, ...) { MODE(flags) return opened(folder, name, flags | O_LARGEFILE, mode); }
int creat(const char *name, mode_t mode) { return opened(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode); }

/* Runs `call` (its result is `done`) and then `say`, in one go for all threads, when `is_ours_too`. */
#define LOGGED(is_ours_too, type, call, say) \
    if (!(is_ours_too)) return call; \
    pthread_mutex_lock(&lock); \
    type done = call; \
    int saved = errno; \
    if (done >= 0) { say; } \
    pthread_mutex_unlock(&lock); \
    errno = saved; \
    return done;

static ssize_t written(int fd, const void *bytes, size_t n) {
    struct stat found;
    LOGGED(file_of(fd, &found), ssize_t, syscall(SYS_write, fd, bytes, n),
           note(WRITE, found.st_ino, (uint64_t)(lseek(fd, 0, SEEK_CUR) - done), "", "", bytes, (size_t)done))
}

static ssize_t written_at(int fd, const void *bytes, size_t n, off_t at) {
    struct stat found;
    LOGGED(file_of(fd, &found), ssize_t, syscall(SYS_pwrite64, fd, bytes, n, at),
           note(WRITE, found.st_ino, (uint64_t)at, "", "", bytes, (size_t)done))
}

ssize_t write(int fd, const void *bytes, size_t n) { return written(fd, bytes, n); }
ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) { return written_at(fd, bytes, n, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t n, off_t at) { return written_at(fd, bytes, n, at); }
ssize_t writev(int fd, const struct iovec *parts, int n) {
    ssize_t all = 0;
    for (int part = 0; part < n; part++) {
        ssize_t done = written(fd, parts[part].iov_base, parts[part].iov_len);
        if (done < 0) return all ? all : -1;
        all += done;
        if ((size_t)done < parts[part].iov_len) break;
    }
    return all;
}

static int cut(int fd, off_t size) {
    struct stat found;
    LOGGED(file_of(fd, &found), int, (int)syscall(SYS_ftruncate, fd, size), note(TRUNCATE, found.st_ino, (uint64_t)size, "", "", "", 0))
}
int ftruncate(int fd, off_t size) { return cut(fd, size); }
int ftruncate64(int fd, off_t size) { return cut(fd, size); }
int posix_fallocate(int fd, off_t at, off_t n) { (void)fd, (void)at, (void)n; return 0; }
int posix_fallocate64(int fd, off_t at, off_t n) { (void)fd, (void)at, (void)n; return 0; }
int fallocate(int fd, int mode, off_t at, off_t n) { (void)fd, (void)mode, (void)at, (void)n; errno = EOPNOTSUPP; return -1; }
int fallocate64(int fd, int mode, off_t at, off_t n) { (void)fd, (void)mode, (void)at, (void)n; errno = EOPNOTSUPP; return -1; }
ssize_t sendfile(int to, int from, off_t *at, size_t n) { (void)to, (void)from, (void)at, (void)n; errno = ENOTSOCK; return -1; }
ssize_t sendfile64(int to, int from, off_t *at, size_t n) { (void)to, (void)from, (void)at, (void)n; errno = ENOTSOCK; return -1; }
ssize_t copy_file_range(int from, off_t *a, int to, off_t *b, size_t n, unsigned flags) {
    (void)from, (void)a, (void)to, (void)b, (void)n, (void)flags;
    errno = ENOSYS;
    return -1;
}

static int synced(int fd, long call) {
    struct stat found;
    char path[PATH_MAX] = "";
    int is_folder = file_of(fd, &found) && S_ISDIR(found.st_mode);
    if (is_folder) of_descriptor(fd, path);
    LOGGED(file_of(fd, &found), int, (int)syscall(call, fd), note(is_folder ? SYNC_FOLDER : SYNC, found.st_ino, 0, path, "", "", 0))
}
int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

static int moved(int from, const char *old, int to, const char *new) {
    char path[PATH_MAX], second[PATH_MAX];
    whole(from, old, path);
    whole(to, new, second);
    LOGGED(is_ours(path), int, (int)syscall(SYS_renameat, from, old, to, new), note(RENAME, 0, 0, path, second, "", 0))
}
int rename(const char *old, const char *new) { return moved(AT_FDCWD, old, AT_FDCWD, new); }
int renameat(int from, const char *old, int to, const char *new) { return moved(from, old, to, new); }

static int removed(int folder, const char *name, int flags) {
    char path[PATH_MAX];
    whole(folder, name, path);
    LOGGED(is_ours(path), int, (int)syscall(SYS_unlinkat, folder, name, flags),
           note(flags & AT_REMOVEDIR ? RMDIR : UNLINK, 0, 0, path, "", "", 0))
}
int unlink(const char *name) { return removed(AT_FDCWD, name, 0); }
int unlinkat(int folder, const char *name, int flags) { return removed(folder, name, flags); }
int rmdir(const char *name) { return removed(AT_FDCWD, name, AT_REMOVEDIR); }
int remove(const char *name) {
    int done = removed(AT_FDCWD, name, 0);
    return done < 0 && errno == EISDIR ? removed(AT_FDCWD, name, AT_REMOVEDIR) : done;
}

static int made(int folder, const char *name, mode_t mode) {
    char path[PATH_MAX];
    whole(folder, name, path);
    LOGGED(is_ours(path), int, (int)syscall(SYS_mkdirat, folder, name, mode), note(MKDIR, 0, 0, path, "", "", 0))
}
int mkdir(const char *name, mode_t mode) { return made(AT_FDCWD, name, mode); }
int mkdirat(int folder, const char *name, mode_t mode) { return made(folder, name, mode); }

static int linked(const char *target, int folder, const char *name) {
    char path[PATH_MAX];
    whole(folder, name, path);
    LOGGED(is_ours(path), int, (int)syscall(SYS_symlinkat, target, folder, name), note(SYMLINK, 0, 0, path, target, "", 0))
}
int symlink(const char *target, const char *name) { return linked(target, AT_FDCWD, name); }
int symlinkat(const char *target, int folder, const char *name) { return linked(target, folder, name); }
