// The tool of the benchmark `peers`, and its stopwatch. Small, because what is measured is who calls it.
//
//   tiny --version
//   tiny compile OUT DIRECTORY MILLISECONDS   a component (TEMPLATE, and a digest of the directory's files)
//   tiny link OUT LIST                        a digest of the files that LIST names, one a line
//   tiny time COMMAND ...                     runs it: nanoseconds, peak memory in KiB and status on fd 3
//   npm run build                             what npm does for turbo: the script of ./package.json
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const unsigned char template[] = {TEMPLATE};

static void die(const char *what) {
    perror(what);
    exit(1);
}

// FNV-1a of a file's bytes, added to what came before it.
static uint64_t digest(uint64_t digest, const char *path) {
    unsigned char bytes[65536];
    ssize_t length;
    int file = open(path, O_RDONLY);
    if (file < 0) die(path);
    while ((length = read(file, bytes, sizeof bytes)) > 0)
        for (ssize_t at = 0; at < length; at++) digest = (digest ^ bytes[at]) * 1099511628211u;
    close(file);
    return digest;
}

static void keep(const char *path, uint64_t digest) {
    char directory[4096];
    snprintf(directory, sizeof directory, "%s", path);
    char *slash = strrchr(directory, '/');
    if (slash) {
        *slash = 0;
        mkdir(directory, 0777);
    }
    FILE *file = fopen(path, "w");
    if (!file) die(path);
    fwrite(template, 1, sizeof template, file);
    // A custom section: its length, the length of its name, the name, the digest.
    fwrite("\0\x0d\x04tiny", 1, 7, file);
    fwrite(&digest, 1, sizeof digest, file);
    if (fclose(file)) die(path);
}

static int wanted(const struct dirent *entry) { return entry->d_name[0] != '.'; }

static void compile(const char *out, const char *directory, long milliseconds) {
    struct dirent **entries;
    char path[4096];
    uint64_t sum = 14695981039346656037u;
    int count = scandir(directory, &entries, wanted, alphasort);
    if (count < 0) die(directory);
    for (int at = 0; at < count; at++) {
        snprintf(path, sizeof path, "%s/%s", directory, entries[at]->d_name);
        sum = digest(sum, path);
    }
    struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&pause, NULL);
    keep(out, sum);
}

static void link_all(const char *out, const char *list) {
    char line[4096];
    uint64_t sum = 14695981039346656037u;
    FILE *names = fopen(list, "r");
    if (!names) die(list);
    while (fgets(line, sizeof line, names)) {
        line[strcspn(line, "\n")] = 0;
        sum = digest(sum, line);
    }
    keep(out, sum);
}

static int measure(char **command) {
    struct timespec from, to;
    struct rusage usage;
    int status;
    clock_gettime(CLOCK_MONOTONIC, &from);
    pid_t child = vfork();
    if (child == 0) {
        execvp(command[0], command);
        _exit(127);
    }
    wait4(child, &status, 0, &usage);
    clock_gettime(CLOCK_MONOTONIC, &to);
    long long took = (to.tv_sec - from.tv_sec) * 1000000000LL + to.tv_nsec - from.tv_nsec;
    dprintf(3, "%lld %ld %d\n", took, usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128);
    return 0;
}

static int script(void) {
    static char text[1 << 20];
    const char *key = "\"build\": \"";
    FILE *file = fopen("package.json", "r");
    if (!file) die("package.json");
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    char *command = strstr(text, key);
    if (!command) return 1;
    command += strlen(key);
    *strchr(command, '"') = 0;
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    return 127;
}

int main(int count, char **arguments) {
    const char *name = strrchr(arguments[0], '/');
    if (strcmp(name ? name + 1 : arguments[0], "npm") == 0) return script();
    const char *verb = count > 1 ? arguments[1] : "";
    if (strcmp(verb, "compile") == 0 && count == 5) compile(arguments[2], arguments[3], atol(arguments[4]));
    else if (strcmp(verb, "link") == 0 && count == 4) link_all(arguments[2], arguments[3]);
    else if (strcmp(verb, "time") == 0 && count > 2) return measure(arguments + 2);
    else puts("tiny 1.0.0");
    return 0;
}
