/* A closed-loop HTTP/1.1 load generator: load HOST PORT CONNECTIONS SECONDS WARMUP < request
 *
 * Sends the bytes of standard input over each connection, again as soon as an answer has come, and prints one line of
 * JSON. A connection that the server closes is opened anew, and the time for that counts as part of the next request.
 * Answers may have a Content-Length or be chunked. Anything but 2xx, and an answer that breaks off, is an error.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 1 << 16, MOST = 1024 };

struct connection {
    int fd;
    size_t have;
    long body_end; /* where the answer ends; -1: its head is not complete; -2: it is chunked */
    int good, served, last; /* last: the server closes after this answer */
    uint64_t begun;
    char in[ROOM];
};

static struct sockaddr_in address;
static char request[ROOM];
static size_t request_size;
static int poller;
static uint32_t *times;
static size_t counted, room;
static uint64_t errors;
static int counting;

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void send_request(struct connection *c) {
    c->have = 0;
    c->body_end = -1;
    size_t done = 0;
    while (done < request_size) {
        ssize_t n = send(c->fd, request + done, request_size - done, MSG_NOSIGNAL);
        if (n > 0) done += (size_t)n;
        else if (errno != EAGAIN && errno != EINTR) return; /* its end is seen when it is read */
    }
}

static void open_connection(struct connection *c) {
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0) fail("socket");
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event)) fail("epoll_ctl");
    c->served = 0;
}

static void note(struct connection *c) {
    if (!counting) return;
    if (!c->good) errors++;
    if (counted == room) {
        room = room ? room * 2 : 1 << 16;
        times = realloc(times, room * sizeof *times);
        if (!times) fail("realloc");
    }
    uint64_t took = now() - c->begun;
    times[counted++] = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
}

static void read_head(struct connection *c, char *end) {
    long length = 0;
    c->good = c->in[9] == '2';
    c->last = !strncmp(c->in, "HTTP/1.0", 8);
    for (char *line = strstr(c->in, "\r\n"); line && line < end; line = strstr(line + 2, "\r\n")) {
        if (!strncasecmp(line + 2, "content-length:", 15)) length = atol(line + 17);
        if (!strncasecmp(line + 2, "transfer-encoding: chunked", 26)) length = -1;
        if (!strncasecmp(line + 2, "connection: close", 17)) c->last = 1;
    }
    c->body_end = length < 0 ? -2 : (end - c->in) + 4 + length;
}

/* Whether the answer is complete. */
static int complete(struct connection *c) {
    c->in[c->have] = 0;
    if (c->body_end == -1) {
        char *end = strstr(c->in, "\r\n\r\n");
        if (!end) return 0;
        read_head(c, end);
    }
    if (c->body_end == -2) return c->have > 5 && !memcmp(c->in + c->have - 5, "0\r\n\r\n", 5);
    return (long)c->have >= c->body_end;
}

static void reopen(struct connection *c) {
    close(c->fd);
    open_connection(c);
    send_request(c);
}

static void readable(struct connection *c) {
    ssize_t n = recv(c->fd, c->in + c->have, ROOM - 1 - c->have, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        if (c->have || !c->served) { /* an answer broke off, or none ever came: not the end of an idle connection */
            c->good = 0;
            note(c);
            c->begun = now();
        }
        reopen(c);
        return;
    }
    c->have += (size_t)n;
    if (c->have == ROOM - 1) c->have = ROOM / 2; /* of a long body only its end matters */
    if (complete(c)) {
        note(c);
        c->served = 1;
        c->begun = now();
        if (c->last) reopen(c);
        else send_request(c);
    }
}

static int by_size(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double quantile(double q) {
    if (!counted) return 0;
    size_t at = (size_t)(q * (double)counted);
    return times[at < counted ? at : counted - 1] / 1000.0;
}

static void run_until(uint64_t end) {
    struct epoll_event events[256];
    for (uint64_t t = now(); t < end; t = now()) {
        int n = epoll_wait(poller, events, 256, (int)((end - t) / 1000000u) + 1);
        for (int i = 0; i < n; i++) readable(events[i].data.ptr);
    }
}

int main(int argc, char **argv) {
    if (argc != 6) return fputs("load HOST PORT CONNECTIONS SECONDS WARMUP < request\n", stderr), 2;
    int connections = atoi(argv[3]);
    if (connections < 1 || connections > MOST) return fputs("CONNECTIONS: 1 to 1024\n", stderr), 2;
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)atoi(argv[2]));
    if (inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) return fputs("HOST: an IPv4 address\n", stderr), 2;
    ssize_t n;
    while ((n = read(0, request + request_size, ROOM - request_size)) > 0) request_size += (size_t)n;
    poller = epoll_create1(0);
    for (int i = 0; i < connections; i++) {
        struct connection *c = calloc(1, sizeof *c);
        if (!c) fail("calloc");
        open_connection(c);
        c->begun = now();
        send_request(c);
    }
    run_until(now() + (uint64_t)(atof(argv[5]) * 1e9));
    counting = 1;
    uint64_t start = now();
    run_until(start + (uint64_t)(atof(argv[4]) * 1e9));
    double seconds = (double)(now() - start) / 1e9;
    qsort(times, counted, sizeof *times, by_size);
    printf("{\"requests\": %zu, \"errors\": %llu, \"seconds\": %.6f, \"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f}\n",
           counted, (unsigned long long)errors, seconds, quantile(0.5), quantile(0.9), quantile(0.99));
    return 0;
}
