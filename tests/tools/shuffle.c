// Loaded before the C library (LD_PRELOAD): every directory is listed in the order of a hash of its
// names, which the variable SHUFFLE makes another one.

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct listing {
    DIR *directory;
    struct dirent64 **entries;
    size_t count, next;
    struct listing *others;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct listing *listings;

static uint64_t hash(const char *name) {
    const char *seed = getenv("SHUFFLE");
    uint64_t hash = 14695981039346656037u;
    for (const char *at = seed ? seed : ""; *at; at++) hash = (hash ^ (unsigned char)*at) * 1099511628211u;
    for (const char *at = name; *at; at++) hash = (hash ^ (unsigned char)*at) * 1099511628211u;
    return hash ^ hash >> 29;
}

static int by_hash(const void *one, const void *other) {
    uint64_t left = hash((*(struct dirent64 **)one)->d_name);
    uint64_t right = hash((*(struct dirent64 **)other)->d_name);
    return left < right ? -1 : left > right;
}

static struct listing *read_all(DIR *directory) {
    struct dirent64 *(*next)(DIR *) = dlsym(RTLD_NEXT, "readdir64");
    struct listing *all = calloc(1, sizeof *all);
    all->directory = directory;
    for (struct dirent64 *entry; (entry = next(directory));) {
        all->entries = realloc(all->entries, (all->count + 1) * sizeof entry);
        all->entries[all->count] = malloc(sizeof *entry);
        memcpy(all->entries[all->count++], entry, entry->d_reclen);
    }
    if (all->count) qsort(all->entries, all->count, sizeof *all->entries, by_hash);
    all->others = listings;
    return listings = all;
}

struct dirent64 *readdir64(DIR *directory) {
    pthread_mutex_lock(&mutex);
    struct listing *all = listings;
    while (all && all->directory != directory) all = all->others;
    if (!all) all = read_all(directory);
    struct dirent64 *entry = all->next < all->count ? all->entries[all->next++] : NULL;
    pthread_mutex_unlock(&mutex);
    return entry;
}

// The same where a directory's entry has one form.
struct dirent *readdir(DIR *directory) {
    return (struct dirent *)readdir64(directory);
}

int closedir(DIR *directory) {
    pthread_mutex_lock(&mutex);
    for (struct listing **at = &listings; *at; at = &(*at)->others) {
        struct listing *all = *at;
        if (all->directory == directory) {
            *at = all->others;
            for (size_t entry = 0; entry < all->count; entry++) free(all->entries[entry]);
            free(all->entries);
            free(all);
            break;
        }
    }
    pthread_mutex_unlock(&mutex);
    int (*close)(DIR *) = dlsym(RTLD_NEXT, "closedir");
    return close(directory);
}
