/* calls echo|pair COUNT SIZE: a datagram received and sent again, or a message written and read, so many times. */
#define _GNU_SOURCE
#include "measure.h"
#include "udp_socket.h"
#include <unistd.h>

static void echo(long count, size_t size, char *buffer) {
    struct sockaddr_in address;
    int fd = udp_socket(&address);
    check("sendto", sendto(fd, buffer, size, 0, (struct sockaddr *)&address, sizeof address));
    long bytes = 0;
    start();
    for (long i = 0; i < count; i++) {
        struct sockaddr_storage sender;
        socklen_t length = sizeof sender;
        bytes += check("recvfrom", recvfrom(fd, buffer, size, 0, (struct sockaddr *)&sender, &length));
        check("sendto", sendto(fd, buffer, size, 0, (struct sockaddr *)&sender, length));
    }
    if (bytes != count * (long)size)
        wrong("%ld bytes came back of %ld", bytes, count * (long)size);
    finish(count, 0);
}

static void through_a_pair(long count, size_t size, char *buffer) {
    int pair[2];
    check("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    long bytes = 0;
    start();
    for (long i = 0; i < count; i++) {
        check("write", write(pair[0], buffer, size));
        bytes += check("read", read(pair[1], buffer, size));
    }
    if (bytes != count * (long)size)
        wrong("%ld bytes came back of %ld", bytes, count * (long)size);
    finish(count, 0);
}

int main(int argc, char **argv) {
    if (argc != 4)
        wrong("usage: calls echo|pair COUNT SIZE");
    char buffer[2048] = "";
    size_t size = atoi(argv[3]);
    (strcmp(argv[1], "echo") ? through_a_pair : echo)(atol(argv[2]), size < sizeof buffer ? size : sizeof buffer, buffer);
}
