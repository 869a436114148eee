/* Preloaded into a process: every directory is listed backwards. A file system may list it in any
 * order; what depends on that order shows. Leaves a line in $REVERSED_LOG for each directory. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1024, DIRECTORIES = 64 };

struct listing {
    DIR *directory;
    int left;
    struct dirent64 *entries[MOST];
};

static __thread struct listing listings[DIRECTORIES];

static struct listing *listing_of(DIR *directory) {
    struct listing *free_one = NULL;
    for (int i = 0; i < DIRECTORIES; i++) {
        if (listings[i].directory == directory) return &listings[i];
        if (!listings[i].directory && !free_one) free_one = &listings[i];
    }
    if (!free_one) abort();
    struct dirent64 *(*next)(DIR *) = dlsym(RTLD_NEXT, "readdir64");
    free_one->directory = directory;
    free_one->left = 0;
    for (struct dirent64 *entry; (entry = next(directory));) {
        if (free_one->left == MOST) abort();
        struct dirent64 *copy = malloc(sizeof *copy);
        memcpy(copy, entry, entry->d_reclen);
        free_one->entries[free_one->left++] = copy;
    }
    FILE *log = fopen(getenv("REVERSED_LOG"), "a");
    fputs("a directory\n", log);
    fclose(log);
    return free_one;
}

struct dirent64 *readdir64(DIR *directory) {
    struct listing *listing = listing_of(directory);
    return listing->left ? listing->entries[--listing->left] : NULL;
}

struct dirent *readdir(DIR *directory) { return (struct dirent *)readdir64(directory); }

int closedir(DIR *directory) {
    for (int i = 0; i < DIRECTORIES; i++)
        if (listings[i].directory == directory) listings[i].directory = NULL;
    int (*close_it)(DIR *) = dlsym(RTLD_NEXT, "closedir");
    return close_it(directory);
}
