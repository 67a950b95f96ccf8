/* http_load PORT COUNT CONNECTIONS [keep]: make so many requests, on so many connections at once, each closed by the
 * server after its answer or kept for the next, and compare each answer. The connections have their turn one after the
 * other, all waiting for their answers meanwhile: so a request costs five system calls, or two. */
#define _GNU_SOURCE
#include "measure.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 256, SIZE = 4096, PATIENCE = 10 };

static const char body[] = "<h1>hello world</h1>";
static const char kept_request[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
static const char last_request[] = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

static struct sockaddr_in server = {.sin_family = AF_INET};
static int keep;

static void no_answer(int number) {
    static const char text[] = "no answer for 10 s\n";
    (void)!write(2, text, sizeof text - 1);
    _exit(number);
}

static int connected(void) {
    int fd = check("socket", socket(AF_INET, SOCK_STREAM, 0));
    check("connect", connect(fd, (struct sockaddr *)&server, sizeof server));
    return fd;
}

static void ask(int fd) {
    const char *text = keep ? kept_request : last_request;
    if (check("send", send(fd, text, strlen(text), MSG_NOSIGNAL)) != (long)strlen(text))
        wrong("a request was sent in part");
}

/* Wait for the answer, which must be the page and nothing else. */
static void take_answer(int fd) {
    static char answer[SIZE];
    long length = 0, got;
    do {
        got = check("recv", recv(fd, answer + length, SIZE - 1 - length, keep ? 0 : MSG_WAITALL));
        answer[length += got] = 0;
        const char *end = strstr(answer, "\r\n\r\n");
        if (!end || strlen(end + 4) < strlen(body))
            continue;
        if (!strncmp(answer, "HTTP/1.", 7) && !strncmp(answer + 8, " 200 ", 5) && !strcmp(end + 4, body))
            return;
    } while (keep && got && length < SIZE - 1);
    wrong("this is no answer: %s", answer);
}

int main(int argc, char **argv) {
    int fds[MAX_CONNECTIONS];
    if (argc < 4 || atoi(argv[3]) > MAX_CONNECTIONS)
        wrong("usage: http_load PORT COUNT CONNECTIONS [keep]");
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server.sin_port = htons(atoi(argv[1]));
    long count = atol(argv[2]), asked = 0;
    int connections = atoi(argv[3]);
    keep = argc > 4;
    signal(SIGALRM, no_answer);
    start();
    for (; asked < connections && asked < count; asked++)
        ask(fds[asked] = connected());
    for (long answers = 0; answers < count; answers++) {
        int *fd = &fds[answers % connections];
        if (answers % 1000 == 0)
            alarm(PATIENCE);
        take_answer(*fd);
        if (!keep)
            close(*fd);
        if (asked++ < count) {
            if (!keep)
                *fd = connected();
            ask(*fd);
        }
    }
    finish(count, 0);
}
