/* The least that a Lambda gateway can cost: baseline gateway PUBLIC_PORT RUNTIME_PORT, and baseline worker RUNTIME_PORT
 *
 * The gateway passes the body of any POST to the runtime that has waited longest, and its answer back. It checks
 * nothing, logs nothing and has no timeouts. The worker is a runtime that answers with the event, without a language
 * behind it. One thread and one epoll each; loopback only.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 1 << 16, MOST = 4096 };

struct connection {
    int fd, is_runtime, is_listener;
    size_t have, body, total; /* bytes read; where the body begins and ends, 0 while the head is not complete */
    struct connection *caller; /* of a runtime at work */
    char in[ROOM];
};

struct ring {
    struct connection *items[MOST];
    unsigned head, tail;
};

static struct ring idle, waiting; /* runtimes without work; callers without a runtime */
static int poller;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void put(struct ring *r, struct connection *c) { r->items[r->tail++ % MOST] = c; }
static struct connection *take(struct ring *r) { return r->head == r->tail ? NULL : r->items[r->head++ % MOST]; }

static void write_all(int fd, const char *data, size_t size) {
    while (size) {
        ssize_t n = send(fd, data, size, MSG_NOSIGNAL);
        if (n > 0) data += n, size -= (size_t)n;
        else if (errno != EAGAIN && errno != EINTR) return;
    }
}

/* Reads more; whether a whole message is there. Gives -1 at the end of the connection. */
static int fill(struct connection *c) {
    ssize_t n = recv(c->fd, c->in + c->have, ROOM - 1 - c->have, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (n <= 0) return -1;
    c->have += (size_t)n;
    c->in[c->have] = 0;
    if (!c->total) {
        char *end = strstr(c->in, "\r\n\r\n");
        if (!end) return 0;
        c->body = (size_t)(end - c->in) + 4;
        c->total = c->body;
        for (char *line = strstr(c->in, "\r\n"); line < end; line = strstr(line + 2, "\r\n"))
            if (!strncasecmp(line + 2, "content-length:", 15)) c->total += (size_t)atol(line + 17);
    }
    return c->have >= c->total;
}

static void clear(struct connection *c) { c->have = c->body = c->total = 0; }

static void hand_over(struct connection *runtime, struct connection *caller) {
    static unsigned number;
    char out[ROOM + 512];
    size_t size = caller->total - caller->body;
    int head = sprintf(out,
                       "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                       "Lambda-Runtime-Aws-Request-Id: %08x-0000-4000-8000-000000000000\r\n"
                       "Lambda-Runtime-Deadline-Ms: 4102444800000\r\n"
                       "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:echo\r\n"
                       "Content-Length: %zu\r\n\r\n",
                       number++, size);
    memcpy(out + head, caller->in + caller->body, size);
    clear(caller);
    runtime->caller = caller;
    write_all(runtime->fd, out, (size_t)head + size);
}

static void answer(struct connection *caller, const char *body, size_t size) {
    char out[ROOM + 512];
    int head = sprintf(out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", size);
    memcpy(out + head, body, size);
    write_all(caller->fd, out, (size_t)head + size);
}

static void from_runtime(struct connection *c) {
    static const char accepted[] = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
    if (c->in[0] == 'G') {
        struct connection *caller = take(&waiting);
        clear(c);
        if (caller) hand_over(c, caller);
        else put(&idle, c);
        return;
    }
    write_all(c->fd, accepted, sizeof accepted - 1);
    answer(c->caller, c->in + c->body, c->total - c->body);
    clear(c);
}

static void from_caller(struct connection *c) {
    struct connection *runtime = take(&idle);
    if (runtime) hand_over(runtime, c);
    else put(&waiting, c);
}

static struct connection *watch(int fd) {
    struct connection *c = calloc(1, sizeof *c);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (!c) fail("calloc");
    c->fd = fd;
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event)) fail("epoll_ctl");
    return c;
}

static struct sockaddr_in loopback(const char *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void listen_on(const char *port, int is_runtime) {
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = loopback(port);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 1024)) fail("listen");
    struct connection *c = watch(fd);
    c->is_listener = 1;
    c->is_runtime = is_runtime;
}

static void accept_one(struct connection *listener) {
    int one = 1, fd = accept(listener->fd, NULL, NULL);
    if (fd < 0) return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    watch(fd)->is_runtime = listener->is_runtime;
}

_Noreturn static void gateway(const char *public_port, const char *runtime_port) {
    struct epoll_event events[256];
    poller = epoll_create1(0);
    listen_on(public_port, 0);
    listen_on(runtime_port, 1);
    for (;;) {
        int n = epoll_wait(poller, events, 256, -1);
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            if (c->is_listener) {
                accept_one(c);
                continue;
            }
            int whole = fill(c);
            if (whole < 0) close(c->fd), c->fd = -1; /* an answer on its way to it goes nowhere */
            else if (whole) c->is_runtime ? from_runtime(c) : from_caller(c);
        }
    }
}

static int worker(const char *port) {
    static const char next[] = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: baseline\r\n\r\n";
    static struct connection c;
    struct sockaddr_in address = loopback(port);
    char out[ROOM + 512], id[64];
    int one = 1, whole;
    c.fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c.fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
    setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    for (;;) {
        write_all(c.fd, next, sizeof next - 1);
        while (!(whole = fill(&c))) continue;
        if (whole < 0) return 0;
        sscanf(strcasestr(c.in, "request-id:") + 11, " %63[^\r]", id);
        int head = sprintf(out,
                           "POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nHost: baseline\r\n"
                           "Content-Length: %zu\r\n\r\n",
                           id, c.total - c.body);
        memcpy(out + head, c.in + c.body, c.total - c.body);
        write_all(c.fd, out, (size_t)head + c.total - c.body);
        clear(&c);
        while (!(whole = fill(&c))) continue;
        if (whole < 0) return 0;
        clear(&c);
    }
}

int main(int argc, char **argv) {
    if (argc == 4 && !strcmp(argv[1], "gateway")) gateway(argv[2], argv[3]);
    if (argc == 3 && !strcmp(argv[1], "worker")) return worker(argv[2]);
    return fputs("baseline gateway PUBLIC_PORT RUNTIME_PORT | baseline worker RUNTIME_PORT\n", stderr), 2;
}
