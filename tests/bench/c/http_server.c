/* http_server: the page for each request that ends with an empty line, with the system calls of our server and no more
 * of HTTP than the load needs. */
#define _GNU_SOURCE
#include "measure.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, SIZE = 65536 };

static const char page[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 20\r\n\r\n"
                           "<h1>hello world</h1>";

static void take_connections(int listener, int epoll) {
    for (;;) {
        struct sockaddr_storage peer;
        socklen_t length = sizeof peer;
        int fd = accept4(listener, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd == -1 && errno == EAGAIN)
            return;
        struct epoll_event event = {EPOLLIN, {.fd = check("accept4", fd)}};
        check("epoll_ctl", epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
    }
}

static void answer(int fd) {
    static char request[SIZE + 1];
    long n = read(fd, request, SIZE);
    if (n > 0) {
        request[n] = 0;
        if (strncmp(request, "GET ", 4) || !strstr(request, "\r\n\r\n"))
            wrong("this is no request: %s", request);
        check("write", write(fd, page, sizeof page - 1));
        if (!strstr(request, "Connection: close"))
            return;
    }
    close(fd);
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = check("socket", socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)), one = 1;
    check("setsockopt", setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
    check("bind", bind(listener, (struct sockaddr *)&address, sizeof address));
    check("listen", listen(listener, SOMAXCONN));
    check("getsockname", getsockname(listener, (struct sockaddr *)&address, &length));
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    int epoll = check("epoll_create1", epoll_create1(0));
    struct epoll_event events[EVENTS] = {{EPOLLIN, {.fd = listener}}};
    check("epoll_ctl", epoll_ctl(epoll, EPOLL_CTL_ADD, listener, events));
    for (;;) {
        int n = check("epoll_wait", epoll_wait(epoll, events, EVENTS, -1));
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listener)
                take_connections(listener, epoll);
            else
                answer(events[i].data.fd);
        }
    }
}
